select congvu_now() as now
