import { positiveNumber, property, wholeNumber } from './option-values';

test.each([
  ['1', 1],
  ['10', 10],
])('%s is a whole number', (text, value) => {
  expect(wholeNumber(1, 10)(text)).toBe(value);
});

test.each(['0', '11', '-1', '1.5', '1e3', 'x', '', '99999999999999999999'])('%j is none from 1 to 10', (text) => {
  expect(() => wholeNumber(1, 10)(text)).toThrow('a whole number from 1 to 10');
});

test.each([
  ['0.5', 0.5],
  ['10', 10],
])('%s is a number above 0', (text, value) => {
  expect(positiveNumber(10)(text)).toBe(value);
});

test.each(['0', '0.0', '10.1', '-1', '1e3', '.5', 'x', ''])('%j is none above 0 and up to 10', (text) => {
  expect(() => positiveNumber(10)(text)).toThrow('above 0 and up to 10');
});

test('properties add up; a value may hold =', () => {
  expect(property('b=c=d', property('a='))).toEqual({ a: '', b: 'c=d' });
  expect(() => property('a')).toThrow('NAME=VALUE');
  expect(() => property('=a')).toThrow('NAME=VALUE');
});
