select address from canary_box
