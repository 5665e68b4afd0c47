-- One login tried in vain again and again: a further kind of odd use. ``accounts`` says how often.
alter table odd_use drop constraint odd_use_kind_check;
alter table odd_use add check (kind in ('networks', 'abroad', 'guess', 'spray', 'sprayed'));
