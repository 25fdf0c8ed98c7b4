#include "offramp/text/bert_text.h"

#include <algorithm>
#include <utility>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uniset.h>
#include <unicode/unistr.h>

#include "offramp/text/utf8.h"

namespace offramp {

namespace {

bool IsOfCategory(char32_t c, std::uint32_t categories) {
  return (U_MASK(u_charType(static_cast<UChar32>(c))) & categories) != 0;
}

// Whether Unicode 8 had it.
bool IsOld(char32_t c) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] != 0 && age[0] <= 8;
}

bool IsWhiteSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_WHITE_SPACE) != 0;
}

// What clean_text drops.
bool IsDropped(char32_t c) {
  if (c < 0x80) return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
  if (c == kReplacementCharacter) return true;
  return IsOfCategory(c, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && IsOld(c);
}

// Characters whose category has changed since Unicode 8 are told one by one.
bool IsAccent(char32_t c) {
  if (c < 0x300) return false;
  if (c == 0x1734) return true;
  if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
  return IsOfCategory(c, U_GC_MN_MASK) && IsOld(c);
}

bool IsPunctuation(char32_t c) {
  if (c < 0x80) {
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
  }
  if (c == 0x166D || c == 0x111C9) return true;
  return IsOfCategory(c, U_GC_P_MASK) && IsOld(c);
}

// The blocks as the reference has them, with its gap at U+2B820..U+2B91F.
bool IsChinese(char32_t c) {
  const auto within = [c](char32_t low, char32_t high) { return c >= low && c <= high; };
  return within(0x4E00, 0x9FFF) || within(0x3400, 0x4DBF) || within(0x20000, 0x2A6DF) ||
         within(0x2A700, 0x2B73F) || within(0x2B740, 0x2B81F) || within(0x2B920, 0x2CEAF) ||
         within(0xF900, 0xFAFF) || within(0x2F800, 0x2FA1F);
}

// Capitals that came with Unicode 16, which ICU may be too old for.
char32_t NewLowerCase(char32_t c) {
  constexpr std::pair<char32_t, char32_t> kPairs[] = {
      {0x1C89, 0x1C8A}, {0xA7CB, 0x264}, {0xA7CC, 0xA7CD}, {0xA7DA, 0xA7DB}, {0xA7DC, 0x19B}};
  for (const auto& [capital, small] : kPairs) {
    if (c == capital) return small;
  }
  return c >= 0x10D50 && c <= 0x10D65 ? c + 0x20 : c;
}

void LowerCase(std::u32string& run) {
  std::u32string lowered;
  lowered.reserve(run.size());
  for (const char32_t c : run) {
    if (c < 0x80) {
      lowered += c >= 'A' && c <= 'Z' ? c + 0x20 : c;
    } else if (c == 0x130) {  // the only one that becomes two
      lowered += U"i\u0307";
    } else {
      lowered += NewLowerCase(static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
    }
  }
  run = std::move(lowered);
}

}  // namespace

struct BertText::Icu {
  icu::UnicodeSet known;                                // to Unicode 9
  std::unique_ptr<const icu::FilteredNormalizer2> nfd;  // leaves what is not `known` alone
};

BertText::BertText(const BertTextRules& rules, std::unique_ptr<const Icu> icu)
    : rules_(rules), icu_(std::move(icu)) {}

BertText::~BertText() = default;

Result<std::unique_ptr<BertText>> BertText::Create(const BertTextRules& rules) {
  auto data = std::make_unique<Icu>();
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  data->known.applyPattern(u"[:Age=9.0:]", error);
  if (U_FAILURE(error)) return InternalError(std::string("ICU: ") + u_errorName(error));
  data->known.freeze();
  data->nfd = std::make_unique<const icu::FilteredNormalizer2>(*nfd, data->known);
  return std::unique_ptr<BertText>(new BertText(rules, std::move(data)));
}

bool BertText::ForEachWord(std::string_view text, const OnWord& on_word) const {
  // Between two white spaces nothing depends on what lies outside: decomposition never reaches over
  // them, so each run is a text of its own and the rest may be left unread.
  std::u32string run;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = NextCodePoint(text, at);
    if (rules_.clean_text && IsDropped(c)) continue;
    if (IsWhiteSpace(c)) {
      if (!EmitRun(run, on_word)) return false;
    } else if (rules_.handle_chinese_chars && IsChinese(c)) {
      if (!EmitRun(run, on_word)) return false;
      run = c;
      if (!EmitRun(run, on_word)) return false;
    } else {
      run += c;
    }
  }
  return EmitRun(run, on_word);
}

bool BertText::EmitRun(std::u32string& run, const OnWord& on_word) const {
  if (run.empty()) return true;
  Normalise(run);
  std::string word;
  std::size_t code_points = 0;
  bool wanted = true;
  const auto emit = [&] {
    if (code_points > 0 && wanted) wanted = on_word(word, code_points);
    word.clear();
    code_points = 0;
  };
  for (const char32_t c : run) {
    const bool alone = IsPunctuation(c);
    if (alone) emit();
    AppendUtf8(word, c);
    ++code_points;
    if (alone) emit();
    if (!wanted) break;
  }
  emit();
  run.clear();
  return wanted;
}

void BertText::Normalise(std::u32string& run) const {
  const bool ascii = std::all_of(run.begin(), run.end(), [](char32_t c) { return c < 0x80; });
  if (rules_.strip_accents && !ascii) {
    UErrorCode error = U_ZERO_ERROR;
    const auto source = icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(run.data()),
                                                      static_cast<std::int32_t>(run.size()));
    icu::UnicodeString decomposed;
    icu_->nfd->normalize(source, decomposed, error);
    // Only memory can fail here; the text as it is comes nearest.
    if (U_FAILURE(error)) decomposed = source;
    run.clear();
    for (std::int32_t i = 0; i < decomposed.length();) {
      const auto c = static_cast<char32_t>(decomposed.char32At(i));
      i += U16_LENGTH(static_cast<UChar32>(c));
      if (!IsAccent(c)) run += c;
    }
  }
  if (rules_.lowercase) LowerCase(run);
}

}  // namespace offramp
