// The side of the page: what is known of the selected node, or what is to be looked at first.

const side = document.getElementById('panel');

function go(number, note) {
  const node = nodes[number];
  const place = node.namespace ? `${node.namespace} \u00B7 ` : '';
  const state =
    node.presence === 'missing'
      ? make('span', { class: 'absent' }, ' missing')
      : node.presence === 'unknown'
        ? ' (not in this repo?)'
        : null;
  return make(
    'li',
    {},
    make(
      'button',
      { type: 'button', class: 'go', onclick: () => select(number) },
      ...badges(node, false),
      make('span', {}, node.name),
      state,
      make('br', {}),
      make('small', {}, `${place}${node.kind}${note ? ` \u00B7 ${note}` : ''}`),
    ),
  );
}

function finding(one) {
  const sure = one.confidence === 'low' ? ', a guess' : '';
  return make(
    'li',
    { class: `finding ${one.severity}` },
    make('span', { class: `badge ${one.severity}` }, `${one.severity}${sure}`),
    ' ',
    make('code', {}, one.rule),
    make('p', {}, one.message),
    make('p', { class: 'at' }, placed(one)),
  );
}

function part(title, list) {
  return list.length === 0 ? [] : [make('h3', {}, title), make('ul', {}, ...list)];
}

function details(node) {
  const state = {
    written: '',
    made: 'Made by something else, not written',
    missing: 'Missing: it is named and not there',
    unknown: 'Named, and not seen in this repo',
  }[node.presence];
  const facts = [
    ['kind', node.kind],
    ['namespace', node.namespace],
    [
      'targets',
      node.targets.length === 0 ? 'none: nothing delivers it' : data.targets.length > 1 ? node.targets.join(', ') : '',
    ],
    ...node.facts,
  ];
  const list = make(
    'dl',
    {},
    ...facts.filter(([, value]) => value).flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]),
  );
  const groups = new Map();
  for (const link of links[node.number]) groups.set(link.name, (groups.get(link.name) || []).concat(link));
  const order = data.relations.flat();
  const linked = [...groups]
    .sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]))
    .flatMap(([name, all]) =>
      part(
        `${name} (${all.length})`,
        all.map((link) => go(link.other, [link.sure ? '' : 'perhaps', link.at || ''].filter(Boolean).join(' \u00B7 '))),
      ),
    );
  const steps =
    chosen.near === 0
      ? 'Only this and what it is linked with'
      : chosen.near === 1
        ? 'One step more'
        : 'Show everything again';
  return [
    make('h2', {}, node.name),
    state ? make('p', { class: node.presence === 'missing' ? 'absent' : '' }, state) : null,
    node.reason ? make('p', {}, node.reason) : null,
    make(
      'div',
      { class: 'acts' },
      make('button', { type: 'button', class: 'act', title: 'f', onclick: nearer }, steps),
      make('button', { type: 'button', class: 'act', title: 'Esc', onclick: () => select(null) }, 'Close'),
    ),
    make('h3', {}, 'What it is'),
    list,
    ...part(
      node.places.length > 1 ? 'Written at' : 'Written',
      node.places.map((at) => make('li', { class: 'at' }, at)),
    ),
    ...part(`Findings (${node.findings.length})`, node.findings.map(finding)),
    ...linked,
  ];
}

function overview() {
  const weight = (node) => node.errors * 1000 + (node.presence === 'missing' ? 500 : 0) + node.warnings;
  const wrong = nodes.filter((node) => weight(node) > 0).sort((a, b) => weight(b) - weight(a) || a.number - b.number);
  const most = 40;
  const rest =
    wrong.length > most
      ? [make('li', {}, make('small', {}, `and ${wrong.length - most} more: choose them under Show`))]
      : [];
  const kinds = data.classes
    .map((name) => [name, nodes.filter((node) => node.class === name).length])
    .filter(([, number]) => number > 0);
  return [
    make('h2', {}, 'What there is'),
    make('dl', {}, ...kinds.flatMap(([name, number]) => [make('dt', {}, name), make('dd', {}, String(number))])),
    ...part(
      'Could not be read or built',
      data.problems.map((problem) =>
        make(
          'li',
          { class: 'finding error' },
          make('p', {}, problem.message),
          make('p', { class: 'at' }, placed(problem)),
        ),
      ),
    ),
    ...part(
      `To look at first (${wrong.length})`,
      wrong
        .slice(0, most)
        .map((node) => go(node.number))
        .concat(rest),
    ),
    ...part(`Findings on nothing that is drawn (${data.elsewhere.length})`, data.elsewhere.map(finding)),
    data.judged && wrong.length === 0 && data.elsewhere.length === 0
      ? make('p', {}, 'No rule finds anything here.')
      : null,
  ].filter(Boolean);
}

function panel() {
  side.replaceChildren(...(chosen.selected === null ? overview() : details(nodes[chosen.selected])).filter(Boolean));
  side.scrollTop = 0;
}

// Only the selected node and what it is linked with; then a step more; then everything.
function nearer() {
  if (chosen.selected === null) return;
  chosen.near = (chosen.near + 1) % 3;
  select(chosen.selected, true);
}
