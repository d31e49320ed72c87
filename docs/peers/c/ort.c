// ONNX Runtime through its C API, one thread, with bound tensors. Its argument
// is the folder of the models.
#include <stdint.h>
#include "harness.h"
#include "workloads.h"
#include "onnxruntime_c_api.h"

static const OrtApi *api;
static OrtEnv *env;
static OrtSessionOptions *options;
static OrtMemoryInfo *memory;

static void check(OrtStatus *status) {
	if (!status) return;
	fprintf(stderr, "%s\n", api->GetErrorMessage(status));
	exit(1);
}

typedef struct {
	OrtSession *session;
	OrtValue *x, *y;
} model;

static OrtValue *tensor(int64_t rows, int64_t columns) {
	int64_t shape[] = {rows, columns};
	OrtValue *v;
	check(api->CreateTensorWithDataAsOrtValue(memory, numbers(rows * columns, 1), rows * columns * sizeof(float), shape, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &v));
	return v;
}

static void infer(void *arg) {
	static const char *inputs[] = {"x"}, *outputs[] = {"y"};
	model *m = arg;
	check(api->Run(m->session, NULL, inputs, (const OrtValue *const *)&m->x, 1, outputs, 1, &m->y));
}

int main(int argc, char **argv) {
	if (argc != 2) return 2;
	api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
	if (!api) {
		fprintf(stderr, "the library is older than the header\n");
		return 1;
	}
	check(api->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "peers", &env));
	check(api->CreateSessionOptions(&options));
	check(api->SetIntraOpNumThreads(options, 1));
	check(api->SetInterOpNumThreads(options, 1));
	check(api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
	check(api->SetSessionExecutionMode(options, ORT_SEQUENTIAL));
	check(api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
	for (int i = 0; i < WORKLOADS; i++)
		for (int j = 0; j < INFER_BATCHES; j++) {
			const workload *w = &workloads[i];
			char path[4096];
			snprintf(path, sizeof path, "%s/%s_%d.onnx", argv[1], w->name, infer_batches[j]);
			model m;
			check(api->CreateSession(env, path, options, &m.session));
			m.x = tensor(infer_batches[j], w->width[0]);
			m.y = tensor(infer_batches[j], w->width[w->layers]);
			measure("ort", w->name, "infer", infer_batches[j], infer, &m);
			api->ReleaseSession(m.session);
		}
	return 0;
}
