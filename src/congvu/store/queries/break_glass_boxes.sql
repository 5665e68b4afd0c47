select box, open from break_glass_box order by box
