// Package dataset reads the data files that nngen trains and evaluates with:
// CSV, NumPy's .npy and .npz, and IDX (the format of MNIST), each also
// compressed with gzip. The format is recognised by the contents, not by the
// name of the file.
//
// Files are not trusted: sizes are checked before memory is allocated, and
// everything that is wrong is an [*Error] that names the file and the row,
// column or byte. Rows are counted from 1. A value that is NaN or infinite is
// an error.
package dataset
