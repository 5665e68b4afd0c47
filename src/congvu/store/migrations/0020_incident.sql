-- The register of cases under Article 3: abuse of the mail system, reported or noticed, and what came of it. d3.k4

-- A register, no judge: a case is what somebody found, by which provision, and the decision that ended it. It names no
-- person and quotes no message; who was concerned stands in the papers of that number.
create table incident (
  number    text primary key check (number <> '' and number is nfc normalized and length(number) <= 64),
  kind      text not null check (kind in ('propaganda', 'virus', 'spam', 'sabotage', 'honour', 'other')),
  provision text not null check (provision ~ '^[a-z][a-z0-9]*(\.[a-z0-9]+)*$'),
  found_on  date not null,
  opened_at timestamptz not null default congvu_now(),
  closed_on date check (closed_on >= found_on),
  outcome   text check (outcome in ('unfounded', 'dealt_with', 'referred')),
  decision  text not null default '' check (decision is nfc normalized and length(decision) <= 64),
  check ((closed_on is null) = (outcome is null)),
  check (outcome is not null or decision = ''),
  check (outcome is null or outcome = 'unfounded' or decision <> '')
);
create trigger audited before insert or update or delete or truncate on incident
  for each statement execute function audited();
create trigger kept before delete on incident for each row execute function kept();
create trigger kept_case before update on incident for each row
  when (old.closed_on is not null
        or (new.number, new.kind, new.provision, new.found_on, new.opened_at)
           is distinct from (old.number, old.kind, old.provision, old.found_on, old.opened_at))
  execute function kept();

grant select, insert, update (closed_on, outcome, decision) on incident to congvu_admin;
