"""Writes a trained model as a Hugging Face directory.

    python -m train.export --run train/runs/lines -o DIR
    python -m train.export --run train/runs/pages --pages -o DIR      a model of whole pages, in bfloat16
    python -m train.export --run train/runs/more --mean-with models/rxscan-lines -o DIR

`PaliGemmaForConditionalGeneration.from_pretrained(DIR)` and the engine load the same files.
"""
import argparse
import json
import os

import torch
from safetensors.torch import save_file

from . import page_tokenizer, tokenizer, weights
from .model import PaliGemma

LINES, PAGES = {"reads": "lines"}, {"reads": "pages", "answers": ["scan en"]}


def configuration(config, tokenizer, dtype):
    vision, text = dict(config["vision_config"]), dict(config["text_config"])
    vision["num_image_tokens"] = (vision["image_size"] // vision["patch_size"]) ** 2
    return {
        "architectures": ["PaliGemmaForConditionalGeneration"], "model_type": "paligemma",
        "bos_token_id": tokenizer.BOS, "eos_token_id": tokenizer.EOS, "pad_token_id": tokenizer.PAD,
        "image_token_index": tokenizer.IMAGE, "hidden_size": text["hidden_size"],
        "projection_dim": text["hidden_size"], "tie_word_embeddings": True, "torch_dtype": str(dtype).removeprefix("torch."),
        "vision_config": vision | {"projection_dim": text["hidden_size"]},
        "text_config": text | {"num_image_tokens": vision["num_image_tokens"]},
    }


def write(state, directory, tokenizer=tokenizer, card=LINES, dtype=torch.float32):
    os.makedirs(directory, exist_ok=True)
    config = configuration(state["config"], tokenizer, dtype)

    def write_json(name, value):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
            file.write("\n")

    write_json("config.json", config)
    write_json("generation_config.json", {"bos_token_id": tokenizer.BOS, "eos_token_id": tokenizer.EOS,
                                          "pad_token_id": tokenizer.PAD})
    side = config["vision_config"]["image_size"]
    write_json("preprocessor_config.json", {
        "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        "image_processor_type": "SiglipImageProcessor", "processor_class": "PaliGemmaProcessor",
        "image_seq_length": config["vision_config"]["num_image_tokens"], "resample": 3,
        "rescale_factor": 1 / 255, "size": {"height": side, "width": side}})
    write_json("tokenizer_config.json", {
        "tokenizer_class": "GemmaTokenizerFast", "processor_class": "PaliGemmaProcessor",
        "add_bos_token": False, "add_eos_token": False, "bos_token": "<bos>", "eos_token": "<eos>",
        "pad_token": "<pad>", "unk_token": "<unk>", "clean_up_tokenization_spaces": False})
    write_json("rxscan.json", card)
    tokenizer.write_json(os.path.join(directory, "tokenizer.json"))
    tensors = {name: value.to("cpu", dtype).contiguous() for name, value in state["model"].items()}
    path = os.path.join(directory, "model.safetensors")
    save_file(tensors, path + ".new", metadata={"format": "pt"})
    os.replace(path + ".new", path)


def write_pages(state, directory):
    """In bfloat16: half the size, and what a GPU trained in."""
    write(state, directory, page_tokenizer, PAGES, torch.bfloat16)


def mean_with(state, directory):
    """The state, its weights the mean of its own and of those of the model in `directory`, with which its run began: what
    the run forgot comes back, and most of what it learnt stays (Wortsman et al. 2022, arXiv:2109.01903)."""
    model = PaliGemma(state["config"])
    weights.load(model, directory)
    before = model.state_dict()
    return state | {"model": {name: (value + before[name]) / 2 for name, value in state["model"].items()}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--run", required=True)
    parser.add_argument("--pages", action="store_true", help="it is a model of whole pages")
    parser.add_argument("--mean-with", metavar="DIR", help="the model that the run began with: writes the mean of both")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    state = torch.load(os.path.join(args.run, "state.pt"), weights_only=False, map_location="cpu")
    if args.mean_with:
        state = mean_with(state, args.mean_with)
    (write_pages if args.pages else write)(state, args.output)


if __name__ == "__main__":
    main()
