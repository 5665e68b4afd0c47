-- A check that was made counts, also where it comes to light later and the password was taken away since. d4.k3.f
create or replace function check_corrected(before text, now_found text) returns text language sql immutable strict
  as $$ select case when before = 'no_access' and now_found = 'yes' then now_found
                    when before = 'yes' or before = any (fixed) or now_found = any (fixed) then before
                    else now_found end
          from (values (array['joining', 'leaving', 'no_access'])) f (fixed) $$;
