// Timing for the peers: median and minimum of 15 slices of about 20 ms of
// processor time of the process, which leaves out what others took of the core.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLICES = 15, FEW_SLICES = 5 };
static const double SLICE = 0.02; // seconds

static double cpu_seconds(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double time_calls(void (*f)(void *), void *arg, long n) {
	double start = cpu_seconds();
	for (long i = 0; i < n; i++) f(arg);
	return cpu_seconds() - start;
}

static int compare_doubles(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

// measure prints: peer workload mode batch ns_per_sample min=ns_per_sample.
// The variable ONLY restricts it to one workload.
static void measure(const char *peer, const char *workload, const char *mode, int batch, void (*f)(void *), void *arg) {
	const char *only = getenv("ONLY");
	if (only && strcmp(only, workload)) return;
	f(arg);
	f(arg);
	long n = 1;
	double took;
	while ((took = time_calls(f, arg, n)) < SLICE / 4) n *= 2;
	n = (long)(n * SLICE / took);
	if (n < 1) n = 1;
	int slices = took > 0.3 ? FEW_SLICES : SLICES;
	double ns[SLICES];
	for (int i = 0; i < slices; i++) ns[i] = time_calls(f, arg, n) * 1e9 / n / batch;
	qsort(ns, slices, sizeof *ns, compare_doubles);
	printf("%s %s %s %d %.2f min=%.2f\n", peer, workload, mode, batch, ns[slices / 2], ns[0]);
	fflush(stdout);
}

// uniform draws from −scale … scale.
static float uniform(float scale) {
	static unsigned state = 12345;
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return ((float)(state >> 8) / 8388608.f - 1) * scale;
}

static void fill(float *x, long n, float scale) {
	for (long i = 0; i < n; i++) x[i] = uniform(scale);
}

static void labels(int *label, int n, int classes) {
	for (int i = 0; i < n; i++) label[i] = rand() % classes;
}

// numbers allocates n random numbers at a cache line.
static float *numbers(size_t n, float scale) {
	float *x = (float *)aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64);
	fill(x, n, scale);
	return x;
}
