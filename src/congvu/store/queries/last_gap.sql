select happened_at, host, detail from event where kind = 'gap' order by id desc limit 1
