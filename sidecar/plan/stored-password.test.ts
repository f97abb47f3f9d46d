import { hashPassword } from '../config/password-hash';
import { passwordMatches } from './stored-password';

test('a plain password matches itself', () => {
  const login = { user: 'u', password: 'secret' };
  expect(passwordMatches(login, 'secret')).toBe(true);
  expect(passwordMatches(login, 'Secret')).toBe(false);
});

test('a hashed password matches what it was made of, and not its own text', async () => {
  const login = { user: 'u', password: await hashPassword('secret') };
  expect(passwordMatches(login, 'secret')).toBe(true);
  expect(passwordMatches(login, 'other')).toBe(false);
  expect(passwordMatches(login, login.password)).toBe(false);
});
