// Package weights reads weight files of any origin, safetensors, .npz and .npy,
// and fits them to a network: names and layout are matched by explicit rules.
// It also compares two files.
//
// Files are not trusted: sizes are checked before memory is allocated, and what
// is wrong is an [*Error] that names the file and the tensor or byte. Formats
// whose reading can run code (pickle) or needs a foreign library (HDF5) are
// refused with the line of Python that converts them.
package weights
