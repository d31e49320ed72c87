// Package nnmpi trains a network that nngen generated on several processes, of one
// machine or of many, which MPI starts and connects (data-parallel training): each
// process, a rank, has the whole network and takes a part of every batch, the
// gradients of all parts are added up, and every rank makes the same step with them.
//
//	comm, err := nnmpi.World()
//	…
//	defer comm.Close()
//	net := digits.New(1)
//	trainer := digits.NewTrainer(net, digits.Options{Seed: 1})
//	defer trainer.Close()
//	report, err := nnmpi.Train(comm, trainer, nnmpi.Weights(net, digits.Load),
//		nnmpi.Data[digits.Input, digits.Target]{X: x, Y: y},
//		nnmpi.Options{Epochs: 10, Batch: 64, Checkpoint: "digits.checkpoint"})
//
// It is started by Open MPI's mpirun:
//
//	mpirun -n 4 ./train
//
// Open MPI's library is loaded when the program runs; nothing of C is needed to
// build it. A program that mpirun did not start is alone, and needs no library.
//
// # What is the same, and what is not
//
// A batch is cut into Shards, one for each rank if nothing else is asked for, as
// equal as can be, in the order of its samples. A sample is known by its number in
// the batch, so what dropout drops does not depend on the ranks. In the mode Ordered
// the gradients of the shards are added in their order, element by element: the
// weights have the same bits in every run, and those of one process that calls
// GradientsAt for one shard after the other, adds and applies. With the same number
// of Shards, so do runs on different numbers of ranks. In the mode Fast MPI chooses
// the order: an element of the sum of R gradients g differs from the ordered one by at
// most 2·(R−1)·2⁻²⁴·Σ|g| in float32 (2⁻⁵³ in float64).
//
// Batch normalisation that is trained takes the statistics of each shard; its running
// averages move by their mean, added up in the order of the shards.
package nnmpi
