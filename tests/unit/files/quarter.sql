-- What arose in the fourth quarter of 2026 (15/09 to 14/12), and beside it (tests/unit/fix_quarter.py).
insert into audit_record (actor, verb, subject) values ('test', 'test', '');
alter table break_glass disable trigger not_for_long;
insert into break_glass (ticket, owner, reader, approver, reason, opened_at, ends_at, ended_at, ended_by) values
  ('5/GĐN', 'ccvc3', 'vp4', 'vp1', 'x', '2026-10-07 08:00+07', '2026-10-07 12:00+07', '2026-10-07 10:00+07', 'vp1');
delete from policy_version;
insert into policy_version values ('2026-07-01', '0', repeat('0', 64)), ('2026-10-01', 'VERSION', 'SHA256');
insert into handover (box, kind, decision, decided_on, effective_on, receiver, inventory, made_at, acknowledged_at,
                      acknowledged_by) values
  ('box-ccvc@snv.example', 'unit', '41/QĐ-SNV', '2026-09-28', '2026-10-01', 'ccvc1', '{}', '2026-10-05 09:00+07',
   '2026-10-06 09:00+07', 'x'),
  ('box-ttra@snv.example', 'unit', '52/QĐ-SNV', '2026-11-02', '2026-11-10', 'ttra1', '{}', '2026-11-09 09:00+07',
   '2026-12-20 09:00+07', 'x'),
  ('box-cntt@snv.example', 'unit', '60/QĐ-SNV', '2026-12-10', '2026-12-15', 'cntt1', '{}', '2026-12-10 09:00+07',
   null, ''),
  ('box-vp@snv.example', 'unit', '30/QĐ-SNV', '2026-07-20', '2026-08-01', 'vp1', '{}', '2026-07-28 09:00+07', null, '');
insert into incident (number, kind, provision, found_on, at, closed_on, outcome, decision) values
  ('12/BC-VP', 'spam', 'd3.k4.2', '2026-10-20', '2026-10-20', '2026-11-02', 'dealt_with', '34/QĐ-SNV'),
  ('15/BC-VP', 'virus', 'd3.k4.2', '2026-12-01', '2026-12-01', '2026-12-22', 'referred', '77/QĐ-SNV'),
  ('07/BC-VP', 'other', 'd3.k4.1', '2026-08-03', '2026-08-03', '2026-08-09', 'unfounded', '');
insert into outage (starts, ends, unit, reason, source, withdrawn_at) values
  ('2026-10-14 13:20+07', '2026-10-14 15:00+07', null, 'Nâng cấp hệ quản trị dữ liệu', 'operator', null),
  ('2026-11-03 08:00+07', '2026-11-03 09:00+07', 'ccvc', 'Đứt cáp quang tầng 3', 'operator', null),
  ('2026-11-04 08:00+07', '2026-11-04 09:00+07', 'ccvc', 'Ghi nhầm', 'operator', '2026-11-05');
insert into difficulty (provision, body, staff_id, unit, at, version, form, answered_at, answered_by, answer, about) values
  ('d6.k5', 'Phông chữ', 'ccvc2', 'ccvc', '2026-10-08 09:00+07', '1', '\x01000000000000000000000000000000', '2026-10-12', 'vp1', 'Đã rõ',
   'difficulty'),
  ('d6.k5', 'Phông chữ', 'ttra2', 'ttra', '2026-10-09 09:00+07', '1', '\x02000000000000000000000000000000', null, null, '', 'difficulty'),
  ('d3.k4.2', 'Thư rác', 'vp3', 'vp', '2026-11-09 09:00+07', '1', '\x03000000000000000000000000000000', null, null, '', 'abuse');
insert into statement (quarter, provision, party, unit, attested, remark, staff_id, at, version, sha256) values
  ('2026-Q4', 'd4.k2.a.1', 'head', 'ccvc', true, '', 'ccvc1', '2026-12-10', 'VERSION', '');
insert into acknowledgement (staff_id, version, sha256, at)
  select staff_id, 'VERSION', '', '2026-10-01' from person where staff_id like 'vp%' or staff_id = 'ccvc1';
insert into audit_record (actor, verb, subject, at) values
  ('watch', 'odd_use.spray', '203.0.113.0/24', '2026-10-02'), ('watch', 'odd_use.networks', 'x', '2026-10-03'),
  ('watch', 'odd_use.networks', 'y', '2026-09-01'), ('watch', 'odd_use.expire', '', '2026-10-03');
insert into check_day (day, estimated, off, morning_from, morning_until, counts, policy_sha256)
  select d, false, '', d + time '07:00', d + time '09:00', '{}', ''
    from generate_series(date '2026-09-15', '2026-12-14', '1 day') d where extract(isodow from d) < 6;
insert into mail_check (day, staff_id, unit, morning, morning_why, afternoon, afternoon_why, correction)
  select day, staff_id, unit, not (unit = 'ttra' and day < '2026-10-01'), '', true, '', false from check_day, person;
