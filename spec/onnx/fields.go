package onnx

// The numbers and names of the fields, as in onnx.proto. Reader and writer
// both walk these lists.

func (m *Model) fields() []field {
	return []field{
		{1, "ir_version", integer{&m.IRVersion, false}},
		{8, "opset_import", many[OperatorSet]{&m.OpsetImports}},
		{2, "producer_name", text{&m.ProducerName}},
		{3, "producer_version", text{&m.ProducerVersion}},
		{4, "domain", text{&m.Domain}},
		{5, "model_version", integer{&m.ModelVersion, false}},
		{6, "doc_string", text{&m.DocString}},
		{7, "graph", one[Graph]{&m.Graph}},
		{14, "metadata_props", many[Entry]{&m.MetadataProps}},
		{20, "training_info", blobs{&m.TrainingInfo}},
		{25, "functions", many[Function]{&m.Functions}},
	}
}

func (f *Function) fields() []field {
	return []field{
		{1, "name", text{&f.Name}},
		{10, "domain", text{&f.Domain}},
		{13, "overload", text{&f.Overload}},
		{4, "input", texts{&f.Inputs}},
		{5, "output", texts{&f.Outputs}},
		{6, "attribute", texts{&f.Attributes}},
		{11, "attribute_proto", many[Attribute]{&f.Defaults}},
		{7, "node", many[Node]{&f.Nodes}},
		{9, "opset_import", many[OperatorSet]{&f.OpsetImports}},
		{8, "doc_string", text{&f.DocString}},
	}
}

func (s *OperatorSet) fields() []field {
	return []field{
		{1, "domain", text{&s.Domain}},
		{2, "version", integer{&s.Version, false}},
	}
}

func (e *Entry) fields() []field {
	return []field{
		{1, "key", text{&e.Key}},
		{2, "value", text{&e.Value}},
	}
}

func (g *Graph) fields() []field {
	return []field{
		{1, "node", many[Node]{&g.Nodes}},
		{2, "name", text{&g.Name}},
		{5, "initializer", many[Tensor]{&g.Initializers}},
		{15, "sparse_initializer", blobs{&g.SparseInitializers}},
		{10, "doc_string", text{&g.DocString}},
		{11, "input", many[ValueInfo]{&g.Inputs}},
		{12, "output", many[ValueInfo]{&g.Outputs}},
		{13, "value_info", many[ValueInfo]{&g.ValueInfos}},
		{14, "quantization_annotation", blobs{&g.Annotations}},
	}
}

func (n *Node) fields() []field {
	return []field{
		{1, "input", texts{&n.Inputs}},
		{2, "output", texts{&n.Outputs}},
		{3, "name", text{&n.Name}},
		{4, "op_type", text{&n.OpType}},
		{7, "domain", text{&n.Domain}},
		{8, "overload", text{&n.Overload}},
		{5, "attribute", many[Attribute]{&n.Attributes}},
		{6, "doc_string", text{&n.DocString}},
	}
}

func (a *Attribute) fields() []field {
	return []field{
		{1, "name", text{&a.Name}},
		{21, "ref_attr_name", text{&a.RefName}},
		{20, "type", integer{(*int64)(&a.Type), false}},
		{2, "f", float{&a.F, a.Type == AttributeFloat}},
		{3, "i", integer{&a.I, a.Type == AttributeInt}},
		{4, "s", blob{&a.S, a.Type == AttributeString, nil}},
		{5, "t", one[Tensor]{&a.T}},
		{6, "g", one[Graph]{&a.G}},
		{7, "floats", floats{&a.Floats}},
		{8, "ints", integers{&a.Ints}},
		{9, "strings", blobs{&a.Strings}},
		{10, "tensors", many[Tensor]{&a.Tensors}},
		{11, "graphs", many[Graph]{&a.Graphs}},
	}
}

func (t *Tensor) fields() []field {
	return []field{
		{1, "dims", integers{&t.Dims}},
		{2, "data_type", integer{(*int64)(&t.DataType), false}},
		{3, "segment", mark{&t.Segment, "a segment"}},
		{4, "float_data", floats{&t.FloatData}},
		{5, "int32_data", integers{&t.Int32Data}},
		{6, "string_data", blobs{&t.StringData}},
		{7, "int64_data", integers{&t.Int64Data}},
		{8, "name", text{&t.Name}},
		{12, "doc_string", text{&t.DocString}},
		{9, "raw_data", blob{&t.RawData, t.HasRaw, &t.HasRaw}},
		{10, "double_data", doubles{&t.DoubleData}},
		{11, "uint64_data", integers{&t.Uint64Data}},
		{13, "external_data", many[Entry]{&t.External}},
		{14, "data_location", integer{&t.Location, false}},
	}
}

func (v *ValueInfo) fields() []field {
	return []field{
		{1, "name", text{&v.Name}},
		{2, "type", one[Type]{&v.Type}},
		{3, "doc_string", text{&v.DocString}},
	}
}

func (t *Type) fields() []field {
	return []field{
		{1, "tensor_type", one[TensorType]{&t.Tensor}},
		{4, "sequence_type", mark{&t.Other, "a sequence"}},
		{5, "map_type", mark{&t.Other, "a map"}},
		{7, "opaque_type", mark{&t.Other, "an opaque type"}},
		{8, "sparse_tensor_type", mark{&t.Other, "a sparse tensor"}},
		{9, "optional_type", mark{&t.Other, "an optional value"}},
	}
}

func (t *TensorType) fields() []field {
	return []field{
		{1, "elem_type", integer{(*int64)(&t.ElemType), false}},
		{2, "shape", one[Shape]{&t.Shape}},
	}
}

func (s *Shape) fields() []field {
	return []field{{1, "dim", many[Dim]{&s.Dims}}}
}

func (d *Dim) fields() []field {
	return []field{
		{1, "dim_value", optional{&d.Value, &d.HasValue}},
		{2, "dim_param", text{&d.Param}},
	}
}
