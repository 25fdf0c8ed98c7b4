#include "offramp/data/image_folder.h"

#include <cstring>
#include <memory>
#include <png.h>
#include <turbojpeg.h>

#include <gmock/gmock.h>

#include "offramp/data/image_file.h"
#include "tests/unit/data/data_files.h"

namespace offramp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ImageFolderTest : public DataFiles {
 protected:
  // A picture of one colour.
  void Png(const std::string& name, unsigned width, unsigned height,
           const std::vector<std::uint8_t>& rgb) const {
    Write(name, "");
    std::vector<std::uint8_t> pixels;
    for (unsigned i = 0; i < width * height; ++i)
      pixels.insert(pixels.end(), rgb.begin(), rgb.end());
    png_image control;
    std::memset(&control, 0, sizeof control);
    control.version = PNG_IMAGE_VERSION;
    control.width = width;
    control.height = height;
    control.format = PNG_FORMAT_RGB;
    ASSERT_NE(png_image_write_to_file(&control, Path(name).c_str(), 0, pixels.data(), 0, nullptr),
              0);
  }

  std::string Jpeg(int width, int height, std::uint8_t level) const {
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * width * height), level);
    tjhandle encoder = tjInitCompress();
    unsigned char* data = nullptr;
    unsigned long size = 0;
    tjCompress2(encoder, pixels.data(), width, 0, height, TJPF_RGB, &data, &size, TJSAMP_444, 95,
                0);
    std::string bytes(reinterpret_cast<const char*>(data), size);
    tjFree(data);
    tjDestroy(encoder);
    return bytes;
  }

  Result<std::unique_ptr<DataSet>> Open(const Bundle& bundle,
                                        const ImageOptions& options = {}) const {
    return OpenDataSet({.paths = {folder_}, .image = options}, bundle);
  }
};

TEST_F(ImageFolderTest, SubfoldersAreClassesByTheBundlesLabels) {
  Png("dog/1.png", 2, 2, {255, 0, 51});
  Write("cat/2.JPG", Jpeg(2, 2, 102));
  Write("cat/notes.txt", "no picture");
  const auto data = Open(BundleFor(DataType::kFp32, {-1, 3, 2, 2}, 2, {"dog", "cat"}));
  ASSERT_TRUE(data.ok()) << data.status();
  ASSERT_EQ((*data)->rows(), 2);
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->labels, ElementsAre(1, 0));
  const auto values = Values<float>(rows->inputs[0]);
  EXPECT_NEAR(values[0], 0.4, 0.02);
  EXPECT_THAT(std::vector<float>(values.begin() + 12, values.end()),
              ElementsAre(1, 1, 1, 1, 0, 0, 0, 0, 0.2F, 0.2F, 0.2F, 0.2F));
}

TEST_F(ImageFolderTest, WithoutLabelsFoldersCountInOrder) {
  Png("a/1.png", 1, 1, {10, 10, 10});
  Png("b/1.png", 1, 1, {20, 20, 20});
  const auto data = Open(BundleFor(DataType::kUint8, {-1, 1, 1, 3}));
  ASSERT_TRUE(data.ok()) << data.status();
  const auto rows = (*data)->Read(0, 2);
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->labels, ElementsAre(0, 1));
  EXPECT_THAT(Values<std::uint8_t>(rows->inputs[0]), ElementsAre(10, 10, 10, 20, 20, 20));
}

TEST_F(ImageFolderTest, PicturesAreResizedGreyedAndNormalised) {
  Png("1.png", 5, 3, {200, 100, 50});
  const auto data = Open(BundleFor(DataType::kFp32, {-1, 1, 2, 2}), {.mean = {0.5}, .std = {0.5}});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_FALSE((*data)->labelled());
  const auto rows = (*data)->Read(0, 1);
  ASSERT_TRUE(rows.ok()) << rows.status();
  // 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
  for (const float value : Values<float>(rows->inputs[0])) {
    EXPECT_NEAR(value, (124 / 255.0 - 0.5) / 0.5, 1e-6);
  }
}

TEST_F(ImageFolderTest, OpenExtentsTakeTheSizeThatIsAskedFor) {
  Png("1.png", 4, 4, {1, 2, 3});
  Png("2.png", 6, 4, {1, 2, 3});
  const Bundle bundle = BundleFor(DataType::kFp32, {-1, 3, -1, -1});
  const auto own = Open(bundle);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_THAT((*own)->Read(0, 2).status().message(), HasSubstr("2.png: has 6 x 4 pixels"));
  const auto resized = Open(bundle, {.height = 2, .width = 3});
  ASSERT_TRUE(resized.ok()) << resized.status();
  EXPECT_THAT((*resized)->Read(0, 2)->inputs[0].shape, ElementsAre(2, 3, 2, 3));
}

TEST_F(ImageFolderTest, SaysWhatIsWrong) {
  const Bundle bundle = BundleFor(DataType::kFp32, {-1, 3, 2, 2}, 2, {"dog", "cat"});
  EXPECT_THAT(Open(bundle).status().message(), HasSubstr("holds no pictures"));
  Png("cats/1.png", 2, 2, {1, 2, 3});
  EXPECT_THAT(Open(bundle).status().message(), HasSubstr("did you mean \"cat\"?"));
  std::filesystem::rename(Path("cats"), Path("cat"));
  EXPECT_THAT(Open(bundle, {.height = 4, .width = 4}).status().message(),
              HasSubstr("--resize 4x4: the input \"x\" takes 2x2"));
  EXPECT_THAT(Open(BundleFor(DataType::kFp32, {-1, 4})).status().message(),
              HasSubstr("expected those of an image"));
  const std::string jpeg = Jpeg(64, 64, 9);
  Write("cat/2.jpg", jpeg.substr(0, jpeg.size() / 2));
  Write("cat/3.png", "GIF89a");
  const auto data = Open(bundle);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT((*data)->Read(1, 1).status().message(), HasSubstr("2.jpg: is no sound JPEG"));
  EXPECT_THAT((*data)->Read(2, 1).status().message(), HasSubstr("3.png: is neither PNG nor JPEG"));
}

TEST(Resize, ShrinkingCountsEveryPixel) {
  Image image{.height = 1, .width = 4, .channels = 1, .pixels = {0, 0, 200, 200}};
  EXPECT_THAT(Resize(image, 1, 1).pixels, ElementsAre(100));
  EXPECT_THAT(Resize(image, 1, 2).pixels, ElementsAre(29, 171));
  image = {.height = 1, .width = 2, .channels = 1, .pixels = {0, 100}};
  EXPECT_THAT(Resize(image, 1, 4).pixels, ElementsAre(0, 25, 75, 100));
}

}  // namespace
}  // namespace offramp
