-- What happened at the doors and along the ways of mail, as the hosts' journals tell it. Rows are added and expire;
-- none is changed. No row holds a subject line or a part of a message.

create table event (
  id          bigint generated always as identity primary key,
  happened_at timestamptz not null,
  taken_at    timestamptz not null default congvu_now(),
  host        text not null,
  kind        text not null,
  door        text,
  login       text,                                           -- as it was given: it may be nobody's
  mailbox     text,
  peer        text,
  detail      jsonb not null default '{}'
);
create index on event (happened_at);
create index on event (login, happened_at);
create trigger kept before update on event for each row execute function kept();

grant select on event to congvu_admin;
