select code, name, box from unit where not closed
