import { checkAddresses } from './node-address';
import { NodeInfoError } from './node-info-error';

const checked = (...hosts: string[]): string[] =>
  checkAddresses(hosts.map((host) => ({ host, port: 10_000 }))).map(({ host }) => host);

describe('checkAddresses', () => {
  it.each([
    ['node.example.com', 'node.example.com'],
    ['Node.Example.COM.', 'node.example.com'],
    ['localhost', 'localhost'],
    ['alice_node', 'alice_node'],
    ['xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['3com.example', '3com.example'],
  ])('takes %s', (host, expected) => {
    expect(checked(host)).toEqual([expected]);
  });

  it('keeps the order', () => {
    expect(checked('b', 'a')).toEqual(['b', 'a']);
  });

  it.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a b',
    'a\nb',
    'a\0',
    'a/b',
    'a:80',
    'user@a',
    'münchen.example',
    '[10.0.0.1]',
    '[a]',
    '[::1',
    '::1::',
    'fe80::1%eth0',
    '[fe80::1%eth0]',
    '10.0.0',
    '10.0.0.256',
    '0x7f.1',
    '0.0.0.0',
    '::',
    'a'.repeat(64),
    'a.'.repeat(127) + 'aa',
  ])('refuses the host %j', (host) => {
    expect(() => checked(host)).toThrow(NodeInfoError);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('refuses the port %p', (port) => {
    expect(() => checkAddresses([{ host: 'a', port }])).toThrow(NodeInfoError);
  });

  it('refuses none, too many, and one twice in any spelling', () => {
    expect(() => checked()).toThrow(NodeInfoError);
    expect(() => checked(...Array.from({ length: 33 }, (_, index) => `host-${index}`))).toThrow(NodeInfoError);
    expect(() => checked('a.example', 'A.example.')).toThrow(NodeInfoError);
  });
});
