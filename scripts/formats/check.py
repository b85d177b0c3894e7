"""Loads a data set of `spatiallock dataset` as others do, and says what each reader found.

    python3 scripts/formats/check.py SET

COCO by pycocotools, YOLO by the rules of Ultralytics (`check_det_dataset` and `verify_image_label`), Pascal VOC by the
development kit's, WebDataset by the grouping of its reader, by webdataset and by Hugging Face's datasets. Needs PyYAML and
Pillow; a package that is not there is named and passed over, and not shown to load anything. Ends with code 1 at the first fault.
"""

import json
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from PIL import Image


def require(truth, message):
    if not truth:
        raise SystemExit(f"fault: {message}")


def check_coco(folder):
    """Returns, by picture, its labels and boxes in pixels."""
    found, image_ids, annotation_ids = {}, set(), set()
    for path in sorted((folder / "annotations").glob("instances_*.json")):
        split = path.stem.removeprefix("instances_")
        data = json.loads(path.read_text())
        names = {each["id"]: each["name"] for each in data["categories"]}
        for ids, entries in ((image_ids, data["images"]), (annotation_ids, data["annotations"])):
            require(not ids & {each["id"] for each in entries}, f"{path}: an id of another split")
            ids |= {each["id"] for each in entries}
        pictures = {each["id"]: each for each in data["images"]}
        for each in pictures.values():
            with Image.open(folder / "images" / split / each["file_name"]) as image:
                require(image.size == (each["width"], each["height"]), f"{each['file_name']}: size")
            found[Path(each["file_name"]).stem] = []
        for each in data["annotations"]:
            x, y, width, height = each["bbox"]
            own = pictures[each["image_id"]]
            require(x >= 0 and y >= 0 and width > 0 and height > 0, f"annotation {each['id']}: box")
            require(x + width <= own["width"] + 1e-6 and y + height <= own["height"] + 1e-6, "a box over the edge")
            require(abs(each["area"] - width * height) < 1e-6, f"annotation {each['id']}: area")
            found[Path(own["file_name"]).stem].append((names[each["category_id"]], each["bbox"]))
        by_pycocotools(path, data)
    print(f"COCO: {len(image_ids)} pictures, {len(annotation_ids)} objects, ids unique over splits")
    return found


def by_pycocotools(path, data):
    """The boxes as their own detections: an average precision of 1."""
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        print("pycocotools: is not installed")
        return
    if not data["annotations"]:
        return
    truth = COCO(str(path))
    rows = [
        {**{key: each[key] for key in ("image_id", "category_id", "bbox")}, "score": 1 - i / 1e6}
        for i, each in enumerate(data["annotations"])
    ]
    evaluation = COCOeval(truth, truth.loadRes(rows), "bbox")
    evaluation.params.maxDets = [1, 10, 1000]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    require(abs(precision[precision > -1].mean() - 1) < 1e-6, f"{path}: pycocotools' AP is not 1")
    print(f"pycocotools: {path.name} loads, AP of its own boxes 1")


def check_yolo(folder, coco):
    data = yaml.safe_load((folder / "data.yaml").read_text())
    require("train" in data and "val" in data and "names" in data, "data.yaml: a key is missing")
    names, count = list(data["names"]), 0
    for split in {key for key in data if key != "names"}:
        require((folder / data[split]).is_dir(), f"data.yaml: {split} is no folder")
    for image in sorted(folder.glob("images/*/*.png")):
        # Ultralytics' img2label_paths: the last /images/ becomes /labels/.
        rows = Path(str(image).replace("/images/", "/labels/")).with_suffix(".txt").read_text().splitlines()
        rows = [row.split() for row in rows if row]
        require(len({tuple(row) for row in rows}) == len(rows), f"{image}: a row is there twice")
        with Image.open(image) as picture:
            width, height = picture.size
        require(width > 9 and height > 9, f"{image}: below 10 pixels")
        require(len(rows) == len(coco[image.stem]), f"{image}: another number of objects than in COCO")
        for row, (name, (x, y, w, h)) in zip(rows, coco[image.stem]):
            require(len(row) == 5, f"{image}: {len(row)} columns")
            cx, cy, bw, bh = map(float, row[1:])
            require(all(0 <= value <= 1 for value in (cx, cy, bw, bh)), f"{image}: beyond 0..1")
            require(names[int(row[0])] == name, f"{image}: another class than in COCO")
            own = (x + w / 2) / width, (y + h / 2) / height, w / width, h / height
            require(all(abs(a - b) < 1e-5 for a, b in zip(own, (cx, cy, bw, bh))), f"{image}: another box")
            count += 1
    print(f"YOLO: {count} rows as in COCO, classes {names}")


def check_voc(folder, coco):
    listed = [name for path in folder.glob("ImageSets/Main/*.txt") for name in path.read_text().split()]
    require(sorted(listed) == sorted(coco), "ImageSets: other pictures than in COCO")
    for name in listed:
        root = ElementTree.parse(folder / "Annotations" / f"{name}.xml").getroot()
        with Image.open(folder / root.findtext("folder") / root.findtext("filename")) as image:
            size = tuple(int(root.findtext(f"size/{side}")) for side in ("width", "height"))
            require(image.size == size and image.format == "JPEG", f"{name}: size")
        objects = root.findall("object")
        require([each.findtext("name") for each in objects] == [label for label, _ in coco[name]], f"{name}: names")
        for each, (_, (x, y, w, h)) in zip(objects, coco[name]):
            x0, y0, x1, y1 = (int(each.findtext(f"bndbox/{edge}")) for edge in ("xmin", "ymin", "xmax", "ymax"))
            require(1 <= x0 <= x1 <= size[0] and 1 <= y0 <= y1 <= size[1], f"{name}: a box over the edge")
            wanted = x + 1, y + 1, x + w, y + h
            require(all(abs(a - b) <= 1 for a, b in zip(wanted, (x0, y0, x1, y1))), f"{name}: another box")
    print(f"Pascal VOC: {len(listed)} pictures")


def check_webdataset(folder, coco):
    keys = []
    for shard in sorted(folder.glob("shards/*.tar")):
        split = shard.stem.rsplit("-", 1)[0]
        with tarfile.open(shard) as archive:
            # The key is what stands before the first dot; samples are runs of one key.
            for key, members in groupby(archive.getmembers(), lambda member: member.name.split(".", 1)[0]):
                files = {each.name.split(".", 1)[1]: archive.extractfile(each).read() for each in members}
                require(set(files) == {"png", "json", "txt"}, f"{shard}: {key} has {sorted(files)}")
                require(files["png"] == (folder / "images" / split / f"{key}.png").read_bytes(), f"{key}: other bytes")
                require(json.loads(files["json"])["id"] == key, f"{key}: its record is of another")
                keys.append(key)
    require(sorted(keys) == sorted(coco), "shards: other pictures than in COCO")
    print(f"WebDataset: {len(keys)} samples")
    by_webdataset(folder, len(keys))
    by_datasets(folder, len(keys))


def by_webdataset(folder, count):
    try:
        import webdataset
    except ImportError:
        print("webdataset: is not installed")
        return
    shards = [str(path) for path in sorted(folder.glob("shards/*.tar"))]
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode("rgb8").to_tuple("png", "json", "txt"))
    require(len(samples) == count, f"webdataset: gave {len(samples)} samples, not {count}")
    image, record, caption = samples[0]
    require(image.shape == (record["height"], record["width"], 3) and caption == record["prompt"], "webdataset: sample")
    print(f"webdataset: {count} samples, decoded")


def by_datasets(folder, count):
    try:
        from datasets import load_dataset
    except ImportError:
        print("datasets: is not installed")
        return
    shards = [str(path) for path in sorted(folder.glob("shards/*.tar"))]
    with TemporaryDirectory() as cache:
        samples = load_dataset("webdataset", data_files={"train": shards}, split="train", cache_dir=cache)
        require(len(samples) == count, f"datasets: gave {len(samples)} samples, not {count}")
        for each in samples:
            record = each["json"]
            require(each["png"].size == (record["width"], record["height"]), f"datasets: {each['__key__']}: size")
            require(each["txt"] == record["prompt"], f"datasets: {each['__key__']}: caption")
    print(f"datasets: {count} samples, decoded")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    boxes = check_coco(target)
    check_yolo(target, boxes)
    check_voc(target, boxes)
    check_webdataset(target, boxes)
