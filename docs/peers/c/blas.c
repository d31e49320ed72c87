// A BLAS: gemv (batch 1) or gemm, bias and activation. PEER names it; which one
// it is decides the linker.
#include <cblas.h>
#include "harness.h"
#include "workloads.h"
#include "activations.h"

enum { MOST = 16 };

typedef struct {
	const workload *w;
	int batch, label[256 + TURNS], *labels_now;
	float *weight[MOST], *bias[MOST];      // [out][in]
	float *act[MOST + 1], *delta[MOST + 1]; // [batch][width]
	float *inputs, *targets, *target_now;
	unsigned turn;
} net;

static int activation(const workload *w, int layer) { return layer == w->layers - 1 ? w->output : w->hidden; }

static net *new_net(const workload *w, int batch) {
	net *n = calloc(1, sizeof *n);
	int samples = batch == 1 ? TURNS : batch;
	n->w = w;
	n->batch = batch;
	for (int l = 0; l < w->layers; l++) {
		n->weight[l] = numbers((size_t)w->width[l] * w->width[l + 1], 1 / sqrtf(w->width[l]));
		n->bias[l] = numbers(w->width[l + 1], .05f);
	}
	for (int l = 0; l <= w->layers; l++) {
		n->act[l] = numbers((size_t)batch * w->width[l], 1);
		n->delta[l] = numbers((size_t)batch * w->width[l], 1);
	}
	n->inputs = n->act[0] = numbers((size_t)samples * w->width[0], 1);
	n->targets = n->target_now = numbers((size_t)samples * w->width[w->layers], .5f);
	labels(n->label, samples, w->width[w->layers]);
	n->labels_now = n->label;
	return n;
}

// take_turn points a batch of one at the next sample.
static void take_turn(net *n) {
	if (n->batch > 1) return;
	int s = n->turn++ % TURNS;
	n->act[0] = n->inputs + s * n->w->width[0];
	n->target_now = n->targets + s * n->w->width[n->w->layers];
	n->labels_now = n->label + s;
}

static void infer(void *arg) {
	net *n = arg;
	const workload *w = n->w;
	take_turn(n);
	for (int l = 0; l < w->layers; l++) {
		int in = w->width[l], out = w->width[l + 1];
		for (int s = 0; s < n->batch; s++) memcpy(n->act[l + 1] + (size_t)s * out, n->bias[l], out * sizeof(float));
		if (n->batch == 1)
			cblas_sgemv(CblasRowMajor, CblasNoTrans, out, in, 1, n->weight[l], in, n->act[l], 1, 1, n->act[l + 1], 1);
		else
			cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n->batch, out, in, 1, n->act[l], in, n->weight[l], in, 1, n->act[l + 1], out);
		activate(activation(w, l), n->act[l + 1], n->batch, out);
	}
}

static void train(void *arg) {
	net *n = arg;
	const workload *w = n->w;
	int b = n->batch, last = w->layers;
	infer(n);
	output_gradient(w->output, n->act[last], n->delta[last], n->labels_now, n->target_now, b, w->width[last]);
	for (int l = last - 1; l >= 0; l--) {
		int in = w->width[l], out = w->width[l + 1];
		if (l > 0) {
			if (b == 1)
				cblas_sgemv(CblasRowMajor, CblasTrans, out, in, 1, n->weight[l], in, n->delta[l + 1], 1, 0, n->delta[l], 1);
			else
				cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, b, in, out, 1, n->delta[l + 1], out, n->weight[l], in, 0, n->delta[l], in);
			activation_gradient(w->hidden, n->act[l], n->delta[l], (long)b * in);
		}
		if (b == 1)
			cblas_sger(CblasRowMajor, out, in, -LEARNING_RATE, n->delta[l + 1], 1, n->act[l], 1, n->weight[l], in);
		else
			cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, b, -LEARNING_RATE, n->delta[l + 1], out, n->act[l], in, 1, n->weight[l], in);
		for (int s = 0; s < b; s++)
			for (int o = 0; o < out; o++) n->bias[l][o] -= LEARNING_RATE * n->delta[l + 1][s * out + o];
	}
}

int main(void) {
	for (int i = 0; i < WORKLOADS; i++) {
		const workload *w = &workloads[i];
		for (int j = 0; j < INFER_BATCHES; j++) measure(PEER, w->name, "infer", infer_batches[j], infer, new_net(w, infer_batches[j]));
		for (int j = 0; j < TRAIN_BATCHES; j++) measure(PEER, w->name, "train", train_batches[j], train, new_net(w, train_batches[j]));
	}
	return 0;
}
