#!/usr/bin/env python3
"""FLOPs, bytes and memory of ResNet-101 and BERT-large by stage, computed from the architectures: what
`offramp reproduce` gives its scenarios. Prints offramp/cli/reproduce/paper_models.inc.

An operation is one addition or one multiplication. Activations travel as 8-bit integers, weights take
four bytes. Both models are cut into four stages with an exit (a pooled linear classifier, which is
counted) after each.
"""

CLASSES = 1000


def conv(size_in, channels_in, channels_out, kernel, stride=1):
    """Operations, weights and output size of a convolution without bias, with its normalisation."""
    size = size_in // stride
    elements = size * size * channels_out
    operations = 2 * elements * channels_in * kernel * kernel + 2 * elements
    return operations, channels_in * channels_out * kernel * kernel + 2 * channels_out, size


def bottleneck(size, channels_in, width, stride):
    """A ResNet block: 1x1, 3x3 (with the stride), 1x1, and a projection where the shape changes."""
    operations = weights = 0
    inner = size
    for channels, outputs, kernel, step in [(channels_in, width, 1, 1), (width, width, 3, stride),
                                            (width, 4 * width, 1, 1)]:
        more, parameters, inner = conv(inner, channels, outputs, kernel, step)
        operations += more
        weights += parameters
    if stride != 1 or channels_in != 4 * width:
        more, parameters, _ = conv(size, channels_in, 4 * width, 1, stride)
        operations += more
        weights += parameters
    operations += inner * inner * 4 * width  # the addition
    return operations, weights, inner


def classifier(features, classes):
    return 2 * features * classes, features * classes + classes


def resnet101():
    """He et al. 2016, table 1: 224 x 224 images; stages end after conv2_x, conv3_x, conv4_x, conv5_x."""
    operations, weights, size = conv(224, 3, 64, 7, 2)
    size //= 2  # max pooling
    channels = 64
    stages = []
    for blocks, width in [(3, 64), (4, 128), (23, 256), (3, 512)]:
        for block in range(blocks):
            stride = 2 if block == 0 and width != 64 else 1
            more, parameters, size = bottleneck(size, channels, width, stride)
            operations += more
            weights += parameters
            channels = 4 * width
        more, parameters = classifier(channels, CLASSES)
        operations += more + size * size * channels
        weights += parameters
        stages.append((operations, size * size * channels, 4 * weights))
        operations = weights = 0
    return "resnet-101", 224 * 224 * 3, stages


def bert_large():
    """Devlin et al. 2019: 24 layers of width 1024 over 128 tokens, six layers a stage."""
    tokens, width, inner, vocabulary = 128, 1024, 4096, 30522
    layer_weights = 4 * (width * width + width) + width * inner + inner + inner * width + width
    layer_weights += 4 * width  # two normalisations
    layer = 2 * tokens * (4 * width * width + 2 * width * inner)  # projections and feed-forward
    layer += 2 * 2 * tokens * tokens * width  # scores and their use
    stages = []
    for stage in range(4):
        operations, weights = 6 * layer, 6 * layer_weights
        if stage == 0:
            weights += (vocabulary + 512 + 2) * width
        more, parameters = classifier(width, 15)
        stages.append((operations + more, tokens * width, 4 * (weights + parameters)))
    return "bert-large", 4 * tokens, stages


def main():
    print("// Printed by models/paper_shapes.py.")
    for name, input_bytes, stages in [resnet101(), bert_large()]:
        print(f'{{"{name}",\n {input_bytes},\n {{')
        for index, (operations, output_bytes, memory_bytes) in enumerate(stages):
            output = output_bytes if index + 1 < len(stages) else 0
            print(f"     {{{operations / 1e9!r}, {output}, {memory_bytes}, true}},")
        print(" }},")


if __name__ == "__main__":
    main()
