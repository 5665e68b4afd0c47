select domain from hosted_domain order by domain
