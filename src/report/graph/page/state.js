// What the page knows: the data it carries, what is chosen, and what of it is to be seen.

const data = JSON.parse(document.getElementById('data').textContent);
const nodes = data.nodes;
// More than this at once is an overview first.
const ROOM = 150;
// More links than this are drawn only where they are asked for.
const MOST_LINKS = 400;
// So many cards of a cell are shown at first where there is little room.
const FIRST = 8;

// The links of each node: the other end, how it is called from here, whether it is sure, and where it is written.
const links = nodes.map(() => []);
data.edges.forEach(([from, relation, to, sure, at], number) => {
  links[from].push({ other: to, name: data.relations[relation][0], number, sure, at, out: true });
  links[to].push({ other: from, name: data.relations[relation][1], number, sure, at, out: false });
});
const placed = (at) => (at.line === undefined ? at.file : `${at.file}:${at.line}`);
nodes.forEach((node, number) => {
  node.number = number;
  node.facts = Object.entries(node.facts);
  node.places = node.places.map(placed);
  node.errors = node.findings.filter((finding) => finding.severity === 'error').length;
  node.warnings = node.findings.filter((finding) => finding.severity === 'warning').length;
  const told = node.findings.flatMap((finding) => [finding.rule, finding.message]);
  node.text = [node.name, node.kind, node.class, node.namespace || '', node.id, ...node.places, ...told]
    .join(' ')
    .toLowerCase();
});
data.bands.forEach((band, number) => {
  band.number = number;
  band.members = band.cells.flat();
  band.members.concat(band.namespace === null ? [] : [band.namespace]).forEach((member) => {
    nodes[member].band = band;
  });
});

const chosen = {
  target: '',
  only: 'all',
  links: 'auto',
  hidden: new Set(),
  selected: null,
  near: 0,
  open: new Map(),
  whole: new Set(),
  zoom: 1,
};

// Nodes at most `steps` links away. What only brings a node does not lead on: it brings everything else as well.
function around(start, steps) {
  const seen = new Set([start]);
  let edge = [start];
  for (let step = 0; step < steps; step += 1) {
    const next = [];
    for (const at of edge) {
      for (const link of links[at]) {
        const leads = at === start || (link.name !== 'released by' && link.name !== 'releases');
        if (leads && !seen.has(link.other)) {
          seen.add(link.other);
          next.push(link.other);
        }
      }
    }
    edge = next;
  }
  return seen;
}

function isWanted(node, near) {
  if (near && !near.has(node.number)) return false;
  if (chosen.hidden.has(node.class)) return false;
  if (chosen.target && !node.targets.includes(chosen.target)) return false;
  if (chosen.only === 'findings') return node.errors + node.warnings > 0;
  if (chosen.only === 'errors') return node.errors > 0;
  if (chosen.only === 'absent') return node.presence === 'missing' || node.presence === 'unknown';
  return true;
}

// The numbers of what is to be seen.
function wanted() {
  const near = chosen.near > 0 && chosen.selected !== null ? around(chosen.selected, chosen.near) : null;
  return new Set(nodes.filter((node) => isWanted(node, near)).map((node) => node.number));
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const slug = (name) => name.replace(/ /g, '-');
const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;
const plural = (number, what) =>
  number === 1 || number === '1' ? `1 ${what}` : `${number} ${what === 'policy' ? 'policies' : `${what}s`}`;
const say = (text) => {
  document.getElementById('said').textContent = text;
};

function badges(node, long) {
  const all = [];
  const add = (kind, number) => {
    if (number > 0)
      all.push(
        make(
          'span',
          { class: `badge ${kind}`, title: count(number, kind) },
          long ? count(number, kind) : `${kind === 'error' ? '\u2716' : '\u26A0\uFE0E'} ${number}`,
        ),
      );
  };
  add('error', node.errors);
  add('warning', node.warnings);
  return all;
}
