package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/nngen-go/nngen/gen"
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/nngen-go/nngen/gen/files"
	"github.com/nngen-go/nngen/gen/picture"
	"github.com/nngen-go/nngen/gen/run"
	"github.com/nngen-go/nngen/spec"
	"github.com/nngen-go/nngen/spec/plural"
	"github.com/spf13/cobra"
)

// trainFlags are the flags of train.
type trainFlags struct {
	data              dataFlags
	validation        string
	validationTargets string
	log, logDir, plot string
	path              pathFlag
	mpi               string // how ranks work together; empty is alone
	shards            int
	generate, json    bool
	folds             int // 0 is none
	options           run.TrainOptions
	access            access
	losses            losses // of the training, so far
}

func trainCommand() *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train SPEC --data FILE",
		Short: "Train a network with its generated code",
		Long: `Train a network with its generated code, which is compiled by your Go toolchain.
Data is CSV (one row per sample; inputs first and targets last unless
--target-column or the spec name them), .npy, .npz or IDX, each also gzipped.
Classes are numbers from 0, or in CSV the labels of the spec. The names of the
columns go into the weight file. Ctrl-C saves what is reached; --resume goes on
from there, to the same bits as without the interruption. What has changed in the
spec meanwhile is said, and holds from there on.`,
		Example: "  nngen train digits.yaml --data digits.csv.gz --validation 0.2 --epochs 40 --out digits.safetensors",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return train(cmd, args[0], &f)
		},
	}
	o := &f.options
	flags := cmd.Flags()
	f.data.add(cmd)
	f.path.add(cmd)
	flags.StringVar(&f.validation, "validation", "0", "`SHARE` of the data to hold back, or a file")
	flags.BoolVar(&o.Stratify, "stratify", false, "hold back the same share of every class")
	countVar(cmd, &f.folds, "folds", 0, "cross-validate: train so many times, each time without one of so many parts, which judges; nothing is saved")
	flags.StringVar(&f.validationTargets, "validation-targets", "", "`FILE` of the targets of a validation file")
	countVar(cmd, &o.Epochs, "epochs", 10, "how often to go through the data, in all")
	countVar(cmd, &o.Batch, "batch", 0, "samples per step (default the spec's)")
	countVar(cmd, &o.Workers, "workers", 1, "goroutines that share each step; any number gives the same bits")
	flags.Uint64Var(&o.Seed, "seed", 1, "of initial weights, split, order and dropout")
	flags.BoolVar(&o.Shuffle, "shuffle", true, "go through the data in random order")
	flags.StringVar(&o.Weights, "weights", "", "`FILE` of weights to start from")
	flags.StringVar(&o.Out, "out", "", "`FILE` to save the weights in")
	countVar(cmd, &o.Patience, "patience", 0, "stop after so many epochs without a better one (default never)")
	flags.StringVar((*string)(&o.Monitor), "monitor", "", "`NUMBER` that tells which epoch is better: val_loss, val_accuracy, loss (default val_loss where samples are held back)")
	flags.StringVar(&o.Keep, "keep", "", "`WHICH` weights to save: best or last (default best with --patience)")
	flags.Var((*period)(&o.Checkpoint), "checkpoint-every", "`TIME` between two checkpoints, for instance 60s (default one at the end)")
	flags.BoolVar(&o.Resume, "resume", false, "go on from the checkpoint beside --out")
	flags.StringVar(&f.log, "log", "", "`FILE` for the progress as lines of JSON")
	flags.StringVar(&f.logDir, "log-dir", "", "`DIR` for a new event file of TensorBoard")
	flags.StringVar(&f.plot, "plot", "", "`FILE` for a picture of the losses, .svg or .png")
	flags.BoolVar(&f.generate, "generate", false, "also write the package beside the spec")
	flags.BoolVar(&f.json, "json", false, "print the result as JSON")
	f.addRanks(cmd)
	f.access.forceFlag(cmd)
	cmd.MarkFlagRequired("data")
	return cmd
}

// train trains and reports.
func train(cmd *cobra.Command, path string, f *trainFlags) error {
	net, err := gen.Load(path)
	if err != nil {
		return err
	}
	stdout, stderr, err := f.join(cmd)
	if err != nil {
		return err
	}
	if cmd.Flags().Changed("folds") {
		return crossValidate(cmd, net, f)
	}
	leave, err := f.open(cmd, path, net)
	if err != nil {
		return err
	}
	defer leave()
	if err := checkWeights(f.options.Weights); err != nil {
		return err
	}
	log, err := openLog(f.log, f.logDir, f.options.Resume)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := f.losses.readLog(f.log, log.past); err != nil {
		return err
	}
	shown := watch(stderr)
	o, err := f.complete(shown, log)
	if err != nil {
		return err
	}
	c, err := compiler(shown, f.path)
	if err != nil {
		return err
	}
	report, err := c.Train(cmd.Context(), net, o)
	shown.end()
	if report == nil {
		return err
	}
	log.write("done", report)
	if plotErr := f.draw(stderr, net.Name); err == nil {
		err = plotErr
	}
	if report.Interrupted && report.Out != "" {
		fmt.Fprintf(stderr, "interrupted; saved to %s, go on with --resume\n", report.Out)
	}
	if err != nil {
		return err
	}
	if f.generate {
		if err := generate(stdout, stderr, []string{path}, generateFlags{}); err != nil {
			return err
		}
	}
	if f.json {
		return printJSON(stdout, report)
	}
	report.WriteText(stdout)
	fmt.Fprintf(stdout, "%-12s %s\n", "trained with", report.Package)
	fmt.Fprintf(stdout, "%-12s %s\n", "package", packageState(path, net))
	return log.err
}

// open declares what is read and written.
func (f *trainFlags) open(cmd *cobra.Command, path string, net *spec.Network) (leave func(), err error) {
	a := &f.access
	a.cmd = cmd
	a.spec(path, net)
	a.reads("data", "targets", "weights", "validation", "validation-targets")
	if f.follows() {
		return a.open()
	}
	a.writes("out", weightFile)
	if f.options.Out != "" {
		a.Write("the checkpoint of --out", run.CheckpointOf(f.options.Out), checkpoint)
	}
	a.writes("log", logFile)
	var unknown error // as a picture; it matters more that it is read
	if f.plot != "" {
		var kind files.Kind
		kind, unknown = pictureKind("--plot", f.plot)
		a.writes("plot", kind)
	}
	if f.generate {
		local := *net
		local.Codegen.Embed = "" // it may be what is trained now
		pkg, err := gen.Generate(&local, gen.Options{})
		if err != nil {
			return nil, err
		}
		if err := a.writesPackage(pkg, packageDir(path, net)); err != nil {
			return nil, err
		}
	}
	leave, err = a.open()
	if err == nil && unknown != nil {
		leave()
		err = unknown
	}
	return leave, err
}

// complete returns the options with where the data comes from and where the
// progress goes.
func (f *trainFlags) complete(shown watcher, log *runLog) (o run.TrainOptions, err error) {
	o = f.options
	o.Data, o.Talk, o.Norm = f.data.Source, shown, o.Ranks == nil && (f.log != "" || f.logDir != "")
	if o.Fraction, err = strconv.ParseFloat(f.validation, 64); err != nil {
		o.Fraction = 0
		o.Valid = dataset.Source{Data: f.validation, Targets: f.validationTargets, Columns: f.data.Columns, Table: f.data.Table}
	} else if f.validationTargets != "" {
		return o, usageErrorf("--validation-targets goes with a file as --validation")
	}
	o.Begin = func(r *run.TrainReport) {
		fmt.Fprintf(shown, "%s: %s, %s, %d held back\n", r.Network, plural.Of(r.Params, "parameter"), plural.Of(r.Samples, "sample"), r.Valid)
		for _, w := range r.ClassWeights {
			fmt.Fprintln(shown, w)
		}
		if o.Resume {
			fmt.Fprintf(shown, "resumed after epoch %d\n", r.ResumedAt)
		}
		for _, c := range r.Changed {
			fmt.Fprintf(shown, "note: changed since the checkpoint, and applied from here on: %s\n", c)
		}
		switch {
		case r.Done && r.ResumedAt < o.Epochs:
			fmt.Fprintf(shown, "note: nothing was left to train: the checkpoint has no more of --patience %d\n", o.Patience)
		case r.Done:
			fmt.Fprintf(shown, "note: nothing was left to train: the checkpoint has all of --epochs %d\n", o.Epochs)
		}
		shown.begin(r.Samples)
	}
	o.Within = shown.within
	o.Progress = func(e run.Epoch) {
		shown.epoch(e)
		f.losses.add(e)
		log.epoch(e)
	}
	return o, nil
}

// draw draws the losses: on a terminal, and where --plot says.
func (f *trainFlags) draw(stderr io.Writer, name string) error {
	lines := f.losses.lines()
	if t := terminalOf(stderr); t != nil && len(f.losses.train) > 2 {
		io.WriteString(t, picture.Terminal(lines, min(t.width()-1, 72), 8, t.series))
	}
	if f.plot == "" {
		return nil
	}
	if len(lines) == 0 {
		fmt.Fprintf(stderr, "note: %s was not written: no epoch ended\n", f.plot)
		return nil
	}
	return savePicture(stderr, f.plot, picture.Losses(picture.Light, name, lines), defaultScale)
}

// packageState says whether the package of a spec lies beside it.
func packageState(path string, net *spec.Network) string {
	if again, err := gen.Load(path); err == nil {
		net = again // with the weights to embed, if they were trained just now
	}
	dir := packageDir(path, net)
	hint := "nngen generate " + path
	fs, err := gen.Generate(net, gen.Options{})
	if err != nil {
		return err.Error()
	}
	if _, err := os.Stat(dir); err != nil {
		return fmt.Sprintf("not written yet; %s writes %s", hint, dir)
	}
	if diff, err := fs.Diff(dir); err != nil || diff != "" {
		return fmt.Sprintf("%s is out of date; %s updates it", dir, hint)
	}
	return dir + " (up to date)"
}

// printJSON writes a value as indented JSON.
func printJSON(w io.Writer, v any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(v)
}
