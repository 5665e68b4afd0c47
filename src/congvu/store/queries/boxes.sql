select address from box_name order by address
