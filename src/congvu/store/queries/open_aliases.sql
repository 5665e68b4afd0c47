select address, target from forwarding where not closed
