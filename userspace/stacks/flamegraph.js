'use strict';
(function () {
const svg = document.documentElement, id = name => document.getElementById(name);
const left = +svg.dataset.left, room = +svg.dataset.room, letter = +svg.dataset.letter;
const frames = Array.from(document.querySelectorAll('.frame')).map(g => {
	const rect = g.querySelector('rect');
	return { g, rect, text: g.querySelector('text'), name: g.dataset.name, bytes: +g.dataset.bytes,
		at: +g.dataset.at, depth: +g.dataset.depth };
});
let base = frames[0], pattern = null;
function part(name, room) {
	let text = '';
	for (const c of name) {
		room -= c >= '\u0800' ? 2 : 1;
		if (room < 0) break;
		text += c;
	}
	return text;
}
function fit(f, width) {
	const n = Math.floor((width - 6) / letter);
	f.text.textContent = n < 3 ? '' : part(f.name, n) === f.name ? f.name : part(f.name, n - 2) + '..';
}
function draw() {
	for (const f of frames) {
		const outer = f.depth < base.depth && f.at <= base.at && f.at + f.bytes >= base.at + base.bytes;
		const inner = f.depth >= base.depth && f.at >= base.at && f.at + f.bytes <= base.at + base.bytes;
		const x = outer ? left : left + (f.at - base.at) * room / base.bytes;
		const width = outer ? room : f.bytes * room / base.bytes;
		f.g.classList.toggle('gone', !(outer || inner));
		f.g.classList.toggle('outer', outer);
		f.rect.setAttribute('x', x);
		f.rect.setAttribute('width', width);
		f.text.setAttribute('x', x + 3);
		fit(f, width);
	}
	id('reset').classList.toggle('gone', base === frames[0]);
}
function percent(bytes, of) { return (bytes * 100 / of).toFixed(2) + ' %'; }
function say(f) {
	let text = f ? f.name + ': ' + f.bytes.toLocaleString('en') + ' bytes, ' + percent(f.bytes, frames[0].bytes) : '';
	if (f && base !== frames[0] && f !== base) text += ', ' + percent(f.bytes, base.bytes) + ' of ' + base.name;
	id('details').textContent = text;
}
function search() {
	const word = prompt('Functions that match (a regular expression; empty: none):', pattern ? pattern.source : '');
	if (word === null) return;
	try { pattern = word ? new RegExp(word) : null; } catch (error) { alert(error.message); return; }
	let sum = 0, end = 0;
	for (const f of frames) {
		const found = pattern !== null && f.depth > 0 && pattern.test(f.name);
		f.g.classList.toggle('found', found);
		/* They come from the outermost in, and from left to right: what lies in one counts once. */
		if (found && f.at >= end) { sum += f.bytes; end = f.at + f.bytes; }
	}
	id('found').textContent = pattern ? 'found: ' + percent(sum, frames[0].bytes) : '';
}
for (const f of frames) {
	f.g.addEventListener('mouseover', () => say(f));
	f.g.addEventListener('mouseout', () => say(null));
	f.g.addEventListener('click', () => { base = f; draw(); say(f); });
}
id('reset').addEventListener('click', () => { base = frames[0]; draw(); });
id('search').addEventListener('click', search);
addEventListener('keydown', event => {
	if (event.key === 'Escape') { base = frames[0]; draw(); }
	if (event.key === '/' || (event.key === 'f' && event.ctrlKey)) { event.preventDefault(); search(); }
});
id('search').classList.remove('gone');
})();
