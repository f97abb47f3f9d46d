import { stepText } from './demo-text';

test('a step is a line, with a line below for each thing that was seen', () => {
  const step = { step: 'x', title: 'it works', tookMs: 1234, lines: ['a', 'b\u001b'], facts: {} };
  expect(stepText(step)).toBe('✓ it works  (1.2 s)\n    a\n    b\\u001b');
});
