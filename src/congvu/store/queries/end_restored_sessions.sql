with webmail as (delete from app_password where expires_at is not null)
delete from portal_session
