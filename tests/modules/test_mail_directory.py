def test_x(run, tmp_path):
    from conftest import ROOT
    d=ROOT/"inventories/demo"
    a=dict(organisation=str(d/"organisation.yml"),people=str(d/"people.csv"),domain="snv.binhdinh.test")
    r=run("mail_directory",check=True,**a); print(r["changed"],r.get("counts"),r.get("msg"))
    r=run("mail_directory",**a); print(r["changed"],r["counts"])
    r=run("mail_directory",**a); print(r)
    r=run("mail_password",folder=str(tmp_path/"x")); print(r)
    r=run("mail_password",folder=str(tmp_path/"x")); print(r)
    r=run("mail_directory_info"); print(r["counts"], r["accounts"][10])
