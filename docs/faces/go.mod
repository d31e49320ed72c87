module faces

go 1.26
