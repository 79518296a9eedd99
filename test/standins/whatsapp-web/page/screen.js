/** What is to be seen. */

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function show(...elements) {
  document.getElementById('app')?.remove();
  document.body.replaceChildren(...elements);
}

function paint(canvas, text) {
  const context = canvas.getContext('2d');
  for (let n = 0; n < 29 * 29; n++) {
    if (text.charCodeAt(n % text.length) % (2 + (n % 3)) === 0) continue;
    context.fillRect((n % 29) * 8, Math.floor(n / 29) * 8, 8, 8);
  }
}

export function showQr(payload) {
  if (payload === undefined) return show(element('button', {}, 'Click to reload QR code'));
  const canvas = element('canvas', { width: '232', height: '232', role: 'img' });
  paint(canvas, payload);
  return show(element('div', { 'data-ref': payload }, canvas), 'Scan to log in');
}

export function showChats(chats, messages) {
  const rows = chats.map((chat) =>
    element('div', { role: 'row' }, element('span', { title: chat.name }, chat.name)),
  );
  const main = element('div', { id: 'main' });
  show(element('div', { id: 'pane-side' }, ...rows), main);
  const add = (message) => {
    main.append(element('div', { class: message.id.fromMe ? 'message-out' : 'message-in' }, message.body));
  };
  messages.forEach(add);
  messages.on('add', add);
}
