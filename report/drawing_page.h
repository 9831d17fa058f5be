// The drawing board: a page on which the reader draws an image, and sees what a network computes.
#pragma once

#include <filesystem>
#include <string>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>

namespace reel::inline REEL_PRECISION {
namespace report {

/// How the reader's drawing becomes an image.
enum class Framing {
  automatic,  ///< mnist if the name of each class is one character, such as "7"; otherwise resized
  mnist,      ///< scaled to 20/28 of the image, with the centre of mass in the middle
  resized     ///< the board as it is
};

/// What `automatic` is for these images: mnist or resized.
Framing framing_of(const data::Dataset& dataset);
/// Whether there can be a drawing board: the samples are images of one channel, and each layer of
/// the model is Linear, BatchNorm, Dropout or an activation of nn.
bool is_drawable(const nn::Sequential& model, const data::Dataset& dataset);
/// The drawing board as HTML with its style sheet, its script and all weights, which are 32-bit
/// floats in base64. `dataset` gives the shape of an image, (rows, columns), and the names of the
/// classes. Inputs are levels from 0 to 1. Throws Error (usage) if a layer is none of Linear,
/// BatchNorm, Dropout and the activations of nn, or if the images have another number of axes.
std::string drawing_board(nn::Sequential& model, const data::Dataset& dataset,
                          Framing framing = Framing::automatic);

/// Writes a page with the drawing board alone: one HTML file that needs no other and no network.
/// Throws Error as drawing_board does, and of kind system if the file cannot be written.
void write_drawing_page(const std::filesystem::path& path, nn::Sequential& model,
                        const data::Dataset& dataset, Framing framing = Framing::automatic);

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
