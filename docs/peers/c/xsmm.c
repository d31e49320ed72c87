// libxsmm: kernels made at run time for the shapes, on weights packed in panels
// of 64 outputs, bias and activation apart. Inference only.
#include <libxsmm.h>
#include "harness.h"
#include "workloads.h"
#include "activations.h"

enum { MOST = 16, PANEL = 64 };

typedef struct {
	const workload *w;
	int batch, panel[MOST];
	float *weight[MOST], *bias[MOST], *act[MOST + 1];
	libxsmm_smmfunction full[MOST], rest[MOST];
} net;

// kernel computes y += x·w for one panel; in column-major terms a product of
// [panel × in] and [in × batch].
static libxsmm_smmfunction kernel(int panel, int batch, int in, int out) {
	float one = 1;
	int flags = 0, prefetch = LIBXSMM_GEMM_PREFETCH_NONE;
	libxsmm_smmfunction f = libxsmm_smmdispatch(panel, batch, in, &panel, &in, &out, &one, &one, &flags, &prefetch);
	if (!f) {
		fprintf(stderr, "libxsmm has no kernel for %d × %d × %d\n", panel, batch, in);
		exit(1);
	}
	return f;
}

static net *new_net(const workload *w, int batch) {
	net *n = calloc(1, sizeof *n);
	n->w = w;
	n->batch = batch;
	for (int l = 0; l <= w->layers; l++) n->act[l] = numbers((size_t)batch * w->width[l] + 64, 1);
	for (int l = 0; l < w->layers; l++) {
		int in = w->width[l], out = w->width[l + 1];
		n->weight[l] = numbers((size_t)in * out, 1 / sqrtf(in));
		n->bias[l] = numbers(out, .05f);
		n->panel[l] = out < PANEL ? out : PANEL;
		n->full[l] = kernel(n->panel[l], batch, in, out);
		if (out % n->panel[l]) n->rest[l] = kernel(out % n->panel[l], batch, in, out);
	}
	return n;
}

static void infer(void *arg) {
	net *n = arg;
	for (int l = 0; l < n->w->layers; l++) {
		int in = n->w->width[l], out = n->w->width[l + 1], o = 0;
		float *y = n->act[l + 1];
		for (int s = 0; s < n->batch; s++) memcpy(y + (size_t)s * out, n->bias[l], out * sizeof(float));
		for (; o + n->panel[l] <= out; o += n->panel[l]) n->full[l](n->weight[l] + (size_t)o * in, n->act[l], y + o);
		if (o < out) n->rest[l](n->weight[l] + (size_t)o * in, n->act[l], y + o);
		activate(l == n->w->layers - 1 ? n->w->output : n->w->hidden, y, n->batch, out);
	}
}

int main(void) {
	libxsmm_init();
	for (int i = 0; i < WORKLOADS; i++)
		for (int j = 0; j < INFER_BATCHES; j++)
			measure("libxsmm", workloads[i].name, "infer", infer_batches[j], infer, new_net(&workloads[i], infer_batches[j]));
	return 0;
}
