// The links, drawn behind the cards.

const wires = svg('svg', { id: 'wires', 'aria-hidden': 'true' });

function arrow(id, name) {
  return svg(
    'marker',
    {
      id,
      viewBox: '0 0 8 8',
      refX: '7',
      refY: '4',
      markerWidth: '8',
      markerHeight: '8',
      orient: 'auto',
      markerUnits: 'userSpaceOnUse',
    },
    svg('path', { d: 'M0 1L7 4L0 7z', class: name }),
  );
}

// Where an element lies on the board, whatever the zoom.
function box(element, origin) {
  const rect = element.getBoundingClientRect();
  const scale = chosen.zoom;
  return {
    left: (rect.left - origin.left) / scale,
    right: (rect.right - origin.left) / scale,
    y: (rect.top + rect.height / 2 - origin.top) / scale,
  };
}

function curve(a, b) {
  if (b.left >= a.right) {
    const bend = Math.max(24, (b.left - a.right) / 2);
    return `M${a.right} ${a.y}C${a.right + bend} ${a.y} ${b.left - bend} ${b.y} ${b.left} ${b.y}`;
  }
  if (a.left >= b.right) {
    const bend = Math.max(24, (a.left - b.right) / 2);
    return `M${a.left} ${a.y}C${a.left - bend} ${a.y} ${b.right + bend} ${b.y} ${b.right} ${b.y}`;
  }
  // In one lane: around the outside.
  const side = Math.max(a.right, b.right);
  const bend = Math.min(52, 22 + Math.abs(a.y - b.y) / 12);
  return `M${a.right} ${a.y}C${side + bend} ${a.y} ${side + bend} ${b.y} ${b.right} ${b.y}`;
}

function drawWires() {
  const width = board.scrollWidth;
  const height = board.scrollHeight;
  wires.setAttribute('width', width);
  wires.setAttribute('height', height);
  const places = new Map();
  const origin = board.getBoundingClientRect();
  const place = (number) => {
    const element = cards.get(number) || stands.get(number);
    if (!element) return null;
    if (!places.has(element)) places.set(element, box(element, origin));
    return { element, ...places.get(element) };
  };
  const selected = chosen.selected;
  const ofSelected = (edge) => edge[0] === selected || edge[2] === selected;
  let drawn = data.edges.filter((edge) => seenNow.has(edge[0]) && seenNow.has(edge[2]));
  const all = chosen.links === 'all' || (chosen.links === 'auto' && drawn.length <= MOST_LINKS);
  if (!all) drawn = drawn.filter(ofSelected);
  const paths = new Map();
  for (const edge of drawn) {
    const from = place(edge[0]);
    const to = place(edge[2]);
    if (!from || !to || from.element === to.element) continue;
    // A namespace is where its band is: a line to its title says no more than the band does.
    const toBand = to.element.classList.contains('of') || from.element.classList.contains('of');
    if (toBand && !ofSelected(edge)) continue;
    const d = curve(from, to);
    const on = ofSelected(edge);
    const known = paths.get(d);
    paths.set(d, { on: on || Boolean(known && known.on), sure: edge[3] || Boolean(known && known.sure) });
  }
  const list = [...paths]
    .sort((a, b) => a[1].on - b[1].on)
    .map(([d, { on, sure }]) =>
      svg('path', {
        d,
        class: [on ? 'on' : '', sure ? '' : 'doubt'].join(' ').trim(),
        'marker-end': `url(#${on ? 'arrow-on' : 'arrow'})`,
      }),
    );
  wires.classList.toggle('picked', selected !== null);
  wires.replaceChildren(svg('defs', {}, arrow('arrow', 'head'), arrow('arrow-on', 'head-on')), ...list);
}
