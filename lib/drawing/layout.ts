/**
 * Nested boxes and their positions in a picture.
 *
 * @module
 */

/** A rectangle to draw, with child boxes at positions relative to it. */
export interface Box {
  readonly kind: string;
  /** Attributes for programs that show the picture, if they need to find the box. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly children: readonly {
    readonly x: number;
    readonly y: number;
    readonly box: Box;
  }[];
}

const PADDING = 8;
const GAP = 8;
const LABEL_HEIGHT = 18;
const CHARACTER_WIDTH = 6.8;

/** Width of `label`. */
export function labelWidth(label: string): number {
  return Math.ceil(label.length * CHARACTER_WIDTH);
}

/** Characters that fit into `width`. */
export function charactersIn(width: number): number {
  return Math.floor(width / CHARACTER_WIDTH);
}

/** A box without children. */
export function leaf(
  kind: string,
  label: string,
  width: number,
  height: number,
): Box {
  return { kind, label, width, height, children: [] };
}

/** Arranges children in rows of `columns` boxes, below a label. */
export function grid(
  kind: string,
  label: string,
  children: readonly Box[],
  columns: number,
): Box {
  const top = PADDING + (label === "" ? 0 : LABEL_HEIGHT);
  const placed: { x: number; y: number; box: Box }[] = [];
  let [x, y, rowHeight, right] = [PADDING, top, 0, PADDING];
  children.forEach((box, index) => {
    if (index > 0 && index % columns === 0) {
      x = PADDING;
      y += rowHeight + GAP;
      rowHeight = 0;
    }
    placed.push({ x, y, box });
    right = Math.max(right, x + box.width);
    x += box.width + GAP;
    rowHeight = Math.max(rowHeight, box.height);
  });
  return {
    kind,
    label,
    width: Math.max(right, labelWidth(label) + PADDING) + PADDING,
    height: y + rowHeight + PADDING,
    children: placed,
  };
}
