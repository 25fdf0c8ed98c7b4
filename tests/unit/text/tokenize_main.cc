// tokenize_lines TOKENIZER.json MAX_TOKENS: texts from standard input, each a uint32 of its length
// and that many bytes; to standard output a line of token ids for each. For the test that holds
// our tokenizer to the reference.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "offramp/text/tokenizer.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto tokenizer = offramp::ReadTokenizer(argv[1]);
  if (!tokenizer.ok()) {
    std::cerr << tokenizer.status().message() << "\n";
    return 2;
  }
  const std::size_t max_tokens = std::strtoull(argv[2], nullptr, 10);
  std::string text;
  for (std::uint32_t bytes = 0; std::cin.read(reinterpret_cast<char*>(&bytes), sizeof bytes);) {
    text.resize(bytes);
    if (!std::cin.read(text.data(), bytes)) return 2;
    const offramp::TokenizedText tokens = (*tokenizer)->Encode(text, max_tokens);
    for (const std::int64_t id : tokens.ids) std::cout << id << ' ';
    std::cout << '\n';
  }
  return 0;
}
