// The picture: bands of cards. The browser places them, so no text comes to lie over another one.

const board = document.getElementById('board');
const view = document.getElementById('view');
// The card of each node that is drawn as one.
let cards = new Map();
// Where a link ends whose node is not drawn: the rest of a cell, or the count of a closed band.
let stands = new Map();

function brief(node) {
  if (node.presence === 'missing') return `${node.kind} \u00B7 missing`;
  if (node.presence === 'unknown') return `${node.kind} \u00B7 not in this repo?`;
  if (node.presence === 'made') return `${node.kind} \u00B7 made, not written`;
  // What the title says already, and what tells least, is left to the details.
  const told = node.facts.filter(
    ([name, value]) => name !== 'declared by' && !(name === 'name' && value === node.name),
  );
  const facts = told
    .slice(0, 2)
    .map(([name, value]) => {
      const isCount = name === 'instances' && Number(value) > 0;
      return isCount ? plural(Number(value), 'instance') : `${name} ${value}`;
    });
  return [node.kind, ...facts].join(' \u00B7 ');
}

function card(node) {
  const mark = svg('svg', { 'aria-hidden': 'true' }, svg('use', { href: `#i-${slug(node.class)}` }));
  const spoken = [
    node.kind,
    node.name,
    node.presence === 'written' ? '' : node.presence,
    node.errors ? count(node.errors, 'error') : '',
    node.warnings ? count(node.warnings, 'warning') : '',
  ];
  const element = make(
    'button',
    {
      type: 'button',
      class: `card c-${slug(node.class)} ${node.presence}`,
      'data-node': node.number,
      tabindex: '-1',
      title: `${node.kind} ${node.name}`,
      'aria-label': spoken.filter(Boolean).join(', '),
      onclick: () => select(node.number),
    },
    mark,
    make('b', {}, node.name),
    make('i', {}, brief(node)),
    make('span', { class: 'badges', 'aria-hidden': 'true' }, ...badges(node, false)),
  );
  cards.set(node.number, element);
  return element;
}

function cell(band, lane, members, roomy) {
  const key = `${band.number}/${lane}`;
  const box = make('div', { class: 'cell' });
  const all = roomy || chosen.whole.has(key) || members.length <= FIRST + 1;
  let first = members;
  if (!all) {
    // What is selected comes first, then what it is linked with, then what is wrong.
    const beside = new Set(chosen.selected === null ? [] : links[chosen.selected].map((link) => link.other));
    const weight = (number) => {
      if (number === chosen.selected) return 4;
      if (beside.has(number)) return 3;
      return nodes[number].errors > 0 ? 2 : Number(nodes[number].presence === 'missing');
    };
    const order = members.map((number, at) => [weight(number), at, number]).sort((a, b) => b[0] - a[0] || a[1] - b[1]);
    const kept = new Set(order.slice(0, FIRST).map(([, , number]) => number));
    first = members.filter((number) => kept.has(number));
  }
  box.append(...first.map((number) => card(nodes[number])));
  if (!all) {
    const shown = new Set(first);
    const rest = members.filter((number) => !shown.has(number));
    const more = make(
      'button',
      {
        type: 'button',
        class: 'more',
        onclick: () => {
          chosen.whole.add(key);
          draw();
        },
      },
      `${rest.length} more`,
    );
    rest.forEach((number) => stands.set(number, more));
    box.append(more);
  }
  return box;
}

function sums(members) {
  const box = make('div', { class: 'cell' });
  for (const name of data.classes) {
    const own = members.filter((number) => nodes[number].class === name);
    if (own.length === 0) continue;
    const sum = make('span', {}, plural(own.length, name));
    own.forEach((number) => stands.set(number, sum));
    box.append(sum);
  }
  return box;
}

function bandOf(band, seen, lanes, roomy) {
  const cells = band.cells.map((members) => members.filter((number) => seen.has(number)));
  const members = cells.flat();
  const namespace = band.namespace === null ? null : nodes[band.namespace];
  if (members.length === 0 && !(namespace && seen.has(namespace.number))) return null;
  const isOpen = members.length > 0 && (chosen.open.has(band.number) ? chosen.open.get(band.number) : roomy);
  const total = { errors: 0, warnings: 0 };
  if (namespace && !isOpen) {
    total.errors += namespace.errors;
    total.warnings += namespace.warnings;
  }
  for (const number of members) {
    total.errors += nodes[number].errors;
    total.warnings += nodes[number].warnings;
  }
  const id = `band-${band.number}`;
  const fold = make(
    'button',
    {
      type: 'button',
      class: 'fold',
      'aria-expanded': String(isOpen),
      'aria-controls': id,
      onclick: () => {
        chosen.open.set(band.number, !isOpen);
        draw();
        refocus(band.number);
      },
    },
    band.title,
    make('small', {}, count(members.length, 'node')),
  );
  const heading = make('h2', {}, fold);
  if (namespace) {
    const unwritten = namespace.presence === 'written' ? '' : ' (not written)';
    const of = make(
      'button',
      {
        type: 'button',
        class: 'of',
        'data-node': namespace.number,
        title: `Details of Namespace ${namespace.name}`,
        onclick: () => select(namespace.number),
      },
      `Namespace${unwritten}`,
    );
    cards.set(namespace.number, of);
    heading.append(of, ...(isOpen ? badges(namespace, true) : []));
  }
  if (!isOpen) heading.append(...badges(total, true));
  const parts = lanes.map((lane) => (isOpen ? cell(band, lane, cells[lane], roomy) : sums(cells[lane])));
  const grid = make('div', { class: 'cells', id }, ...parts);
  grid.style.gridTemplateColumns = columns(lanes);
  return make(
    'section',
    { class: isOpen ? 'band' : 'band closed', 'aria-label': band.title, 'data-band': band.number },
    heading,
    grid,
  );
}

const LANE = 172;
const GAP = 46;
const columns = (lanes) => `repeat(${Math.max(1, lanes.length)}, minmax(${LANE}px, 260px))`;
// How wide the board is at least.
let least = 0;

// Draws what is to be seen anew.
function draw() {
  const seen = wanted();
  const focused =
    document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.node : undefined;
  cards = new Map();
  stands = new Map();
  // Lanes in which nothing is seen take no room.
  const isUsed = (lane) => data.bands.some((band) => band.cells[lane].some((number) => seen.has(number)));
  const lanes = data.lanes.map((_, lane) => lane).filter(isUsed);
  least = lanes.length * (LANE + GAP) - GAP + 60;
  const roomy = seen.size <= ROOM;
  const titles = make(
    'div',
    { class: 'lanes', 'aria-hidden': 'true' },
    ...lanes.map((lane) => make('div', {}, data.lanes[lane])),
  );
  titles.style.gridTemplateColumns = columns(lanes);
  const bands = data.bands.map((band) => bandOf(band, seen, lanes, roomy)).filter(Boolean);
  const nothing = make(
    'p',
    { class: 'empty' },
    nodes.length === 0
      ? 'There is nothing to show in this repo.'
      : 'Nothing is like that. Escape takes the choice back.',
  );
  board.replaceChildren(wires, titles, ...(bands.length > 0 ? bands : [nothing]));
  mark();
  roving(focused === undefined ? null : Number(focused));
  if (focused !== undefined && cards.has(Number(focused))) cards.get(Number(focused)).focus({ preventScroll: true });
  seenNow = seen;
  fit();
}
let seenNow = new Set();

// Marks what is selected, and what it is linked with.
function mark() {
  for (const element of board.querySelectorAll('.sel, .near')) element.classList.remove('sel', 'near');
  for (const [number, element] of cards) {
    const line = element.querySelector('i');
    if (line) line.textContent = brief(nodes[number]);
  }
  board.classList.toggle('picked', chosen.selected !== null);
  if (chosen.selected === null) return;
  const own = cards.get(chosen.selected) || stands.get(chosen.selected);
  if (own) own.classList.add(own.classList.contains('card') || own.classList.contains('of') ? 'sel' : 'near');
  const names = new Map();
  for (const link of links[chosen.selected]) {
    // From the other end, which is where it is read.
    const name = data.relations[data.edges[link.number][1]][link.out ? 1 : 0];
    names.set(link.other, (names.get(link.other) || new Set()).add(name));
  }
  for (const [other, all] of names) {
    const element = cards.get(other) || stands.get(other);
    if (!element) continue;
    element.classList.add('near');
    const line = element.querySelector('i');
    if (line) line.textContent = [...all].join(', ');
  }
}

// One card at a time is in the order of the Tab key; arrows go on from there.
function roving(number) {
  const list = [...board.querySelectorAll('[data-node]')];
  const own = list.find((element) => Number(element.dataset.node) === (number === null ? chosen.selected : number));
  list.forEach((element) => element.setAttribute('tabindex', '-1'));
  const first = own || list[0];
  if (first) first.setAttribute('tabindex', '0');
}

function refocus(band) {
  const fold = board.querySelector(`[data-band="${band}"] .fold`);
  if (fold) fold.focus({ preventScroll: true });
}

// Makes sure that a node is seen, and scrolls to it.
function reveal(number) {
  const node = nodes[number];
  if (!wanted().has(number)) {
    Object.assign(chosen, { target: '', only: 'all', near: 0 });
    chosen.hidden.delete(node.class);
    showChoices();
  }
  const roomy = wanted().size <= ROOM;
  if (
    node.band &&
    node.band.namespace !== number &&
    !(chosen.open.has(node.band.number) ? chosen.open.get(node.band.number) : roomy)
  ) {
    chosen.open.set(node.band.number, true);
  }
}

function select(number, focus) {
  chosen.selected = number;
  if (number !== null) reveal(number);
  else chosen.near = 0;
  draw();
  panel();
  if (number === null) {
    history.replaceState(null, '', ' ');
    return;
  }
  history.replaceState(null, '', `#${encodeURIComponent(nodes[number].id)}`);
  const element = cards.get(number);
  if (!element) return;
  const rect = element.getBoundingClientRect();
  const room = view.getBoundingClientRect();
  if (rect.top < room.top + 40 || rect.bottom > room.bottom || rect.left < room.left || rect.right > room.right) {
    element.scrollIntoView({ block: 'center', inline: 'center' });
  }
  if (focus) element.focus({ preventScroll: true });
  const told = [count(links[number].length, 'link'), count(nodes[number].findings.length, 'finding')].join(', ');
  say(`${nodes[number].kind} ${nodes[number].name} selected, ${told}`);
}
