/**
 * Moves labels that would overlap.
 *
 * @module
 */

interface Block {
  /** Indices of its labels, top down. */
  readonly members: readonly number[];
  /** Where its first label lies. */
  readonly start: number;
}

/**
 * Returns a height for each label: as near to the wished one as possible, at least `gap` from
 * the others, in the same order, none below `bottom`. Labels that touch form a block around
 * their mean.
 */
export function spreadApart(
  wished: readonly number[],
  gap: number,
  bottom: number,
): number[] {
  const order = wished.map((_, i) => i).sort((a, b) => wished[a] - wished[b]);
  const place = (members: readonly number[]): Block => {
    const offsets = members.map((index, i) => wished[index] - i * gap);
    const mean = offsets.reduce((sum, y) => sum + y, 0) / members.length;
    return {
      members,
      start: Math.min(mean, bottom - (members.length - 1) * gap),
    };
  };
  const blocks: Block[] = [];
  for (const index of order) {
    let block = place([index]);
    for (
      let above = blocks.at(-1);
      above !== undefined;
      above = blocks.at(-1)
    ) {
      if (above.start + above.members.length * gap <= block.start) break;
      blocks.pop();
      block = place([...above.members, ...block.members]);
    }
    blocks.push(block);
  }
  const placed: number[] = [];
  for (const { members, start } of blocks) {
    members.forEach((index, i) => placed[index] = start + i * gap);
  }
  return placed;
}
