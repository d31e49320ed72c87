// oneDNN: inner products with activations fused where it can, weights in the
// layout it prefers for inference; in training row-major weights, gradients in
// buffers, and the update as a loop.
#define restrict __restrict
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>
#include "harness.h"
#include "workloads.h"
#include "activations.h"

using namespace dnnl;
using tag = memory::format_tag;
using desc = memory::desc;

static engine cpu(engine::kind::cpu, 0);
static stream queue(cpu);

struct steps {
	std::vector<primitive> primitives;
	std::vector<std::unordered_map<int, memory>> arguments;
	void add(primitive p, std::unordered_map<int, memory> a) {
		primitives.push_back(p);
		arguments.push_back(a);
	}
	void run() {
		for (size_t i = 0; i < primitives.size(); i++) primitives[i].execute(queue, arguments[i]);
	}
};

static desc matrix(int rows, int columns, tag t = tag::ab) { return desc({rows, columns}, memory::data_type::f32, t); }
static desc row(int n) { return desc({n}, memory::data_type::f32, tag::a); }
static memory hold(desc d, float scale) { return memory(d, cpu, numbers(d.get_size() / sizeof(float), scale)); }
static int activation(const workload &w, int l) { return l == w.layers - 1 ? w.output : w.hidden; }

// fused is the attribute that applies an activation after a layer.
static primitive_attr fused(int kind) {
	post_ops ops;
	if (kind == RELU) ops.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
	if (kind == TANH) ops.append_eltwise(1, algorithm::eltwise_tanh, 0, 0);
	if (kind == SIGMOID) ops.append_eltwise(1, algorithm::eltwise_logistic, 0, 0);
	primitive_attr attr;
	attr.set_post_ops(ops);
	return attr;
}

static steps *inference(const workload &w, int batch) {
	steps *n = new steps;
	memory x = hold(matrix(batch, w.width[0]), 1);
	for (int l = 0; l < w.layers; l++) {
		int in = w.width[l], out = w.width[l + 1], kind = activation(w, l);
		inner_product_forward::primitive_desc layer(
			{prop_kind::forward_inference, matrix(batch, in, l ? tag::any : tag::ab), matrix(out, in, tag::any), row(out), matrix(batch, out)}, fused(kind), cpu);
		memory plain = hold(matrix(out, in), 1 / sqrtf(in)), packed(layer.weights_desc(), cpu);
		reorder(plain, packed).execute(queue, plain, packed);
		queue.wait();
		memory source = x;
		if (layer.src_desc() != x.get_desc()) {
			source = memory(layer.src_desc(), cpu);
			n->add(reorder(x, source), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, source}});
		}
		memory y(layer.dst_desc(), cpu);
		n->add(inner_product_forward(layer), {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_BIAS, hold(row(out), .05f)}, {DNNL_ARG_DST, y}});
		if (kind == SOFTMAX)
			n->add(softmax_forward({{prop_kind::forward_inference, y.get_desc(), 1}, cpu}), {{DNNL_ARG_SRC, y}, {DNNL_ARG_DST, y}});
		x = y;
	}
	return n;
}

// trainer holds one set of steps per sample that takes turns.
struct trainer {
	const workload *w;
	int batch;
	unsigned turn = 0;
	std::vector<steps> forward, backward;
	std::vector<float *> targets;
	std::vector<std::vector<int>> label;
	std::vector<memory> values, gradients; // of the parameters
	float *y, *dy;
};

static memory layer_gradients(trainer *t, int l, memory x, memory dy, memory &gw, memory &gb, memory &weight, memory &y,
	inner_product_forward::primitive_desc &layer, steps &backward) {
	const workload &w = *t->w;
	int in = w.width[l], out = w.width[l + 1], b = t->batch;
	inner_product_backward_weights::primitive_desc dw({matrix(b, in), matrix(out, in), row(out), matrix(b, out)}, cpu, layer);
	backward.add(inner_product_backward_weights(dw),
		{{DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_DIFF_WEIGHTS, gw}, {DNNL_ARG_DIFF_BIAS, gb}});
	memory dx(matrix(b, in), cpu);
	if (l == 0) return dx;
	inner_product_backward_data::primitive_desc di({matrix(b, in), matrix(out, in), matrix(b, out)}, cpu, layer);
	backward.add(inner_product_backward_data(di), {{DNNL_ARG_DIFF_DST, dy}, {DNNL_ARG_WEIGHTS, weight}, {DNNL_ARG_DIFF_SRC, dx}});
	algorithm alg = w.hidden == RELU ? algorithm::eltwise_relu_use_dst_for_bwd
		: w.hidden == TANH ? algorithm::eltwise_tanh_use_dst_for_bwd : algorithm::eltwise_logistic_use_dst_for_bwd;
	eltwise_forward::primitive_desc act({prop_kind::forward_training, alg, matrix(b, in), 0, 0}, cpu);
	backward.add(eltwise_backward({{alg, matrix(b, in), matrix(b, in), 0, 0}, cpu, act}),
		{{DNNL_ARG_DST, x}, {DNNL_ARG_DIFF_DST, dx}, {DNNL_ARG_DIFF_SRC, dx}});
	return dx;
}

static trainer *training(const workload &w, int batch) {
	trainer *t = new trainer;
	t->w = &w;
	t->batch = batch;
	int turns = batch == 1 ? TURNS : 1, outputs = w.width[w.layers];
	std::vector<memory> act(w.layers + 1);
	for (int l = 0; l < w.layers; l++) {
		t->values.push_back(hold(matrix(w.width[l + 1], w.width[l]), 1 / sqrtf(w.width[l])));
		t->values.push_back(hold(row(w.width[l + 1]), .05f));
		t->gradients.push_back(hold(matrix(w.width[l + 1], w.width[l]), 0));
		t->gradients.push_back(hold(row(w.width[l + 1]), 0));
		act[l + 1] = hold(matrix(batch, w.width[l + 1]), 1);
	}
	memory dy = hold(matrix(batch, outputs), 1);
	t->y = (float *)act[w.layers].get_data_handle();
	t->dy = (float *)dy.get_data_handle();
	for (int s = 0; s < turns; s++) {
		steps forward, backward;
		std::vector<inner_product_forward::primitive_desc> layers;
		act[0] = hold(matrix(batch, w.width[0]), 1);
		for (int l = 0; l < w.layers; l++) {
			// the last activation is computed with the loss
			primitive_attr attr = l == w.layers - 1 ? primitive_attr() : fused(w.hidden);
			layers.push_back({{prop_kind::forward_training, matrix(batch, w.width[l]), matrix(w.width[l + 1], w.width[l]), row(w.width[l + 1]), matrix(batch, w.width[l + 1])}, attr, cpu});
			forward.add(inner_product_forward(layers[l]), {{DNNL_ARG_SRC, act[l]}, {DNNL_ARG_WEIGHTS, t->values[2 * l]}, {DNNL_ARG_BIAS, t->values[2 * l + 1]}, {DNNL_ARG_DST, act[l + 1]}});
		}
		memory d = dy;
		for (int l = w.layers - 1; l >= 0; l--)
			d = layer_gradients(t, l, act[l], d, t->gradients[2 * l], t->gradients[2 * l + 1], t->values[2 * l], act[l + 1], layers[l], backward);
		t->forward.push_back(forward);
		t->backward.push_back(backward);
		t->targets.push_back(numbers((size_t)batch * outputs, .5f));
		t->label.emplace_back(batch);
		labels(t->label[s].data(), batch, outputs);
	}
	return t;
}

static void step(void *arg) {
	trainer *t = (trainer *)arg;
	int s = t->turn++ % t->forward.size(), outputs = t->w->width[t->w->layers];
	t->forward[s].run();
	activate(t->w->output, t->y, t->batch, outputs);
	output_gradient(t->w->output, t->y, t->dy, t->label[s].data(), t->targets[s], t->batch, outputs);
	t->backward[s].run();
	for (size_t i = 0; i < t->values.size(); i++) {
		float *__restrict w = (float *)t->values[i].get_data_handle();
		const float *__restrict g = (const float *)t->gradients[i].get_data_handle();
		long n = t->values[i].get_desc().get_size() / sizeof(float);
		for (long j = 0; j < n; j++) w[j] -= LEARNING_RATE * g[j];
	}
}

int main() {
	for (int i = 0; i < WORKLOADS; i++) {
		const workload &w = workloads[i];
		for (int b : infer_batches) measure("onednn", w.name, "infer", b, [](void *n) { ((steps *)n)->run(); }, inference(w, b));
		for (int b : train_batches) measure("onednn", w.name, "train", b, step, training(w, b));
	}
}
