select since, congvu_now() as now from version_in_force where version = %(version)s
