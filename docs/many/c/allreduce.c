// Median time of MPI_Allreduce of float32 sums, in place, as the table of docs/many.md
// has it beside nnmpi's:
//
//	mpicc -O2 allreduce.c -o allreduce && mpirun --oversubscribe -n 2 ./allreduce 8448 61952 670000
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv) {
	MPI_Init(&argc, &argv);
	int rank;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	for (int a = 1; a < argc; a++) {
		enum { runs = 2000, warm = 200 };
		static double times[runs];
		int n = atoi(argv[a]);
		float *v = calloc(n, sizeof *v);
		for (int i = -warm; i < runs; i++) {
			double begin = MPI_Wtime();
			MPI_Allreduce(MPI_IN_PLACE, v, n, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
			if (i >= 0) times[i] = MPI_Wtime() - begin;
		}
		qsort(times, runs, sizeof *times, ascending);
		if (rank == 0) printf("%d float32: %.1f us\n", n, times[runs / 2] * 1e6);
		free(v);
	}
	MPI_Finalize();
}
