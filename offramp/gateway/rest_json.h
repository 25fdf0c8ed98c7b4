// JSON arrays into tensor bytes: the hot part of a JSON request, so it reads simdjson's values
// straight into the tensor's memory. Internal to the REST front end.
#pragma once

#include <simdjson.h>

#include "offramp/base/result.h"
#include "offramp/core/tensor.h"
#include "offramp/gateway/oip_parameters.h"

namespace offramp {

// Fills tensor.data from `data`: row-major, flat or nested. Nested to the tensor's full rank, its
// extents must be the shape's; nested otherwise, only the number of elements counts. Every value is
// checked against the datatype: integers by range, floats stay finite, FP16 and BF16 are refused
// (they travel as binary data only). REQUIRES: CheckTensorShape(tensor) is OK.
Status FillFromJson(simdjson::dom::element data, Tensor& tensor);

// A parameter's value: string, number or boolean; anything else is kInvalidArgument.
Result<OipParameter> ParameterFromJson(std::string_view name, simdjson::dom::element value);

}  // namespace offramp
