import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { QmpSession, type QmpEvent } from '../../src/vm/index.ts';
import { temporaryFolder } from './guests.ts';

const greeting =
  '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}\r\n';

interface Command {
  readonly execute: string;
  readonly id: number;
  readonly arguments: Readonly<Record<string, unknown>>;
}

const servers: { readonly server: Server; readonly sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** A server that says hello and answers each command by `answer`; gives its path. */
async function fakeQemu(
  answer: (command: Command, socket: Socket) => string,
  hello = greeting,
): Promise<string> {
  const path = join(temporaryFolder(), 'qmp.sock');
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(hello);
    let text = '';
    socket.on('data', (chunk) => {
      const lines = (text += chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const reply = answer(JSON.parse(line) as Command, socket);
        if (reply !== '') socket.write(reply);
      }
    });
  });
  server.listen(path);
  servers.push({ server, sockets });
  await once(server, 'listening');
  return path;
}

function ok(command: Command, value: unknown = {}): string {
  return `${JSON.stringify({ return: value, id: command.id })}\r\n`;
}

/** Answers the negotiation and leaves the rest to `answer`. */
function after(
  answer: (command: Command, socket: Socket) => string,
): (command: Command, socket: Socket) => string {
  return (command, socket) =>
    command.execute === 'qmp_capabilities' ? ok(command) : answer(command, socket);
}

function open(path: string, signal = new AbortController().signal): Promise<QmpSession> {
  return QmpSession.open(path, { signal });
}

describe('QmpSession', () => {
  it('negotiates, then gives each command the answer with its id, in whatever order they come', async () => {
    const held: Command[] = [];
    const path = await fakeQemu(
      after((command) => {
        held.push(command);
        return held.length < 2
          ? ''
          : held
              .reverse()
              .map((each) => ok(each, each.execute))
              .join('');
      }),
    );
    const session = await open(path);
    const both = Promise.all([session.execute('one'), session.execute('two')]);
    await expect(both).resolves.toEqual(['one', 'two']);
    session.close();
  });

  it('passes arguments, and events that come between a command and its answer', async () => {
    const event = '{"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 2}}\n';
    const path = await fakeQemu(after((command) => `${event}${ok(command, command.arguments['name'])}`));
    const session = await open(path);
    const events: QmpEvent[] = [];
    session.onEvent((each) => events.push(each));
    await expect(session.execute('echo', { name: 'Jörg' })).resolves.toBe('Jörg');
    expect(events).toEqual([{ event: 'STOP', data: {} }]);
    session.close();
  });

  it('names the command that QEMU refuses and says why, and goes on', async () => {
    const path = await fakeQemu(
      after((command) =>
        command.execute === 'bad'
          ? `${JSON.stringify({ error: { class: 'GenericError', desc: 'no such device' }, id: command.id })}\n`
          : ok(command),
      ),
    );
    const session = await open(path);
    await expect(session.execute('bad')).rejects.toThrow('QEMU refused bad: no such device');
    await expect(session.execute('good')).resolves.toEqual({});
    session.close();
  });

  it('gives a command up after its time, and the late answer is nobody else’s', async () => {
    let late: Command | undefined;
    const path = await fakeQemu(
      after((command) => {
        if (late !== undefined) return ok(late, 'late') + ok(command, 'right');
        late = command;
        return '';
      }),
    );
    const session = await open(path);
    await expect(session.execute('slow', {}, { milliseconds: 30 })).rejects.toThrow(
      'no answer to QMP slow within 30 ms',
    );
    await expect(session.execute('quick')).resolves.toBe('right');
    session.close();
  });

  it.each([
    ['text that is no JSON', 'Trying 127.0.0.1...\n', /no QMP but "Trying/],
    ['JSON that is no object', '[1, 2]\n', /no QMP but "\[1, 2\]"/],
    ['an object of no known kind', '{"hello": 1}\n', /no known kind/],
    ['a line without end', 'x'.repeat(2 ** 20 + 1), /line of more than 1048576 bytes/],
  ])('fails on %s instead of a greeting', async (_what, hello, message) => {
    const path = await fakeQemu(() => '', hello);
    await expect(open(path)).rejects.toThrow(message);
  });

  it('fails all that is under way, and all that comes later, when QEMU goes away', async () => {
    const path = await fakeQemu(
      after((_command, socket) => {
        socket.destroy();
        return '';
      }),
    );
    const session = await open(path);
    await expect(session.execute('first')).rejects.toThrow(/QEMU closed the QMP connection|connection broke/);
    await expect(session.execute('second')).rejects.toMatchObject({ code: 'qmp-closed' });
  });

  it('fails when QEMU goes away before it has said anything', async () => {
    const path = join(temporaryFolder(), 'qmp.sock');
    const server = createServer((socket) => socket.destroy());
    servers.push({ server, sockets: [] });
    server.listen(path);
    await once(server, 'listening');
    await expect(open(path)).rejects.toMatchObject({ code: 'qmp-closed' });
  });

  it('waits for a socket that is not there yet, also where an old one was left', async () => {
    const path = join(temporaryFolder(), 'qmp.sock');
    const opening = open(path);
    const server = createServer((socket) => {
      socket.write(greeting);
      socket.on('data', (chunk) => socket.write(ok(JSON.parse(chunk.toString()) as Command)));
      sockets.push(socket);
    });
    const sockets: Socket[] = [];
    servers.push({ server, sockets });
    server.listen(path);
    const session = await opening;
    session.close();
  });

  it('stops waiting when its signal says so, with the signal’s reason', async () => {
    const controller = new AbortController();
    const opening = open(join(temporaryFolder(), 'never.sock'), controller.signal);
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');

    const path = await fakeQemu(() => '', '');
    const second = new AbortController();
    const greeted = open(path, second.signal);
    second.abort(new Error('enough again'));
    await expect(greeted).rejects.toThrow('enough again');
  });

  it('says so when the path is longer than a unix socket may have', async () => {
    const path = join('/tmp', 'x'.repeat(200), 'qmp.sock');
    await expect(open(path)).rejects.toMatchObject({ code: 'socket-path-too-long' });
  });

  it('says so when there is something else than a socket', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(open(join(folder, 'file', 'qmp.sock'))).rejects.toMatchObject({ code: 'qmp-unreachable' });
  });
});
