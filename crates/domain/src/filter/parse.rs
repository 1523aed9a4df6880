//! Reading a filter.

use winnow::combinator::{alt, delimited, eof, not, opt, peek, repeat, separated};
use winnow::error::{ErrMode, ParserError};
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{any, one_of, take_till, take_while};
use winnow::{Parser, Stateful};

use super::value::{self, Raw};
use super::words::words_of;
use super::{Field, Filter, Mistake, Node, Term, Words};

/// The most characters of a filter.
pub const MOST_CHARACTERS: usize = 2000;
/// The most groups inside one another.
pub const MOST_DEPTH: usize = 16;
/// The most terms of a filter, the members of their lists included: few enough for every database's limits.
pub const MOST_TERMS: usize = 200;

/// Reads a filter.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(text: &str) -> Result<Filter, Mistake> {
    if text.chars().nth(MOST_CHARACTERS).is_some() {
        let expected = format!("A filter has at most {MOST_CHARACTERS} characters.");
        return Err(Mistake { place: MOST_CHARACTERS + 1, expected });
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(Mistake { place: at + 1, expected: "A filter holds no control characters.".into() });
    }
    let input = Input { input: LocatingSlice::new(text), state: Count::default() };
    whole.parse(input).map_err(|error| {
        let Fault { at, expected } = error.into_inner();
        // Places are told in characters; the parser counts bytes.
        let place = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
        Mistake { place, expected: if expected.is_empty() { TERM.to_owned() } else { expected } }
    })
}

/// What is expected where nothing better can be said.
const TERM: &str = "Write a word, a \"text\", a field such as stage:delivered, or a group in parentheses.";

/// What is expected where a `*` is followed by more.
const STAR: &str = "A * stands once, at the end of a value.";

pub(super) type Input<'a> = Stateful<LocatingSlice<&'a str>, Count>;
pub(super) type Parsed<T> = Result<T, ErrMode<Fault>>;

/// What was read so far, against the limits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    depth: usize,
    terms: usize,
    /// Whether a `*` was read last.
    is_starred: bool,
}

/// A mistake with its place in bytes.
#[derive(Debug)]
pub(super) struct Fault {
    at: usize,
    expected: String,
}

impl<'a> ParserError<Input<'a>> for Fault {
    type Inner = Fault;

    fn from_input(input: &Input<'a>) -> Fault {
        Fault { at: input.current_token_start(), expected: String::new() }
    }

    fn into_inner(self) -> Result<Fault, Fault> {
        Ok(self)
    }
}

/// Ends the reading with a mistake.
pub(super) fn mistake<T>(at: usize, expected: impl Into<String>) -> Parsed<T> {
    Err(ErrMode::Cut(Fault { at, expected: expected.into() }))
}

fn backtrack<T>(input: &Input) -> Parsed<T> {
    Err(ErrMode::Backtrack(Fault::from_input(input)))
}

/// White space of every script, and none.
fn space(input: &mut Input) -> Parsed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

fn whole(input: &mut Input) -> Parsed<Filter> {
    space.parse_next(input)?;
    if input.eof_offset() == 0 {
        return Ok(Filter::default());
    }
    let root = alternatives(input)?;
    space.parse_next(input)?;
    if input.eof_offset() > 0 {
        // Everything else was read by now.
        return mistake(input.current_token_start(), "This ) closes nothing.");
    }
    Ok(Filter { root: Some(root) })
}

/// `a b OR c`
fn alternatives(input: &mut Input) -> Parsed<Node> {
    if input.state.depth > MOST_DEPTH {
        return mistake(input.current_token_start(), format!("Groups stand at most {MOST_DEPTH} deep."));
    }
    input.state.depth += 1;
    let nodes: Vec<Node> = separated(1.., all_of, or_word).parse_next(input)?;
    input.state.depth -= 1;
    Ok(joined(nodes, true))
}

/// `a b`
fn all_of(input: &mut Input) -> Parsed<Node> {
    let nodes: Vec<Node> = repeat(0.., delimited(space, negatable, strokes)).parse_next(input)?;
    if nodes.is_empty() {
        space.parse_next(input)?;
        return mistake(input.current_token_start(), TERM);
    }
    Ok(joined(nodes, false))
}

/// Signs that stand between the words of a name, as in `Rao & Sons` and `Asha - Traders`, and ask for nothing. Two together, or
/// one before any word, are no name's.
fn strokes(input: &mut Input) -> Parsed<()> {
    let ends = || alt((eof.void(), one_of(|c: char| c.is_whitespace() || c == ')').void()));
    let goes_on = (space, not(alt((eof.void(), ')'.void()))));
    let stroke = alt((
        (one_of(['&', '+', '/', '.', ',', '·', '–', '—']), peek(ends())).void(),
        ('-', peek((one_of(char::is_whitespace), goes_on))).void(),
    ));
    repeat(0.., (take_while(1.., char::is_whitespace), stroke)).parse_next(input)
}

/// One node of several; a group of the same kind inside is no group of its own.
fn joined(mut nodes: Vec<Node>, or: bool) -> Node {
    if nodes.len() == 1
        && let Some(only) = nodes.pop()
    {
        return only;
    }
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match node {
            Node::Or(inner) if or => flat.extend(inner),
            Node::And(inner) if !or => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if or { Node::Or(flat) } else { Node::And(flat) }
}

fn or_word(input: &mut Input) -> Parsed<()> {
    (space, "OR", not(one_of(|c: char| is_plain(c) || c == ':' || c == '*'))).void().parse_next(input)
}

fn negatable(input: &mut Input) -> Parsed<Node> {
    let ends = (alt((eof.void(), ')'.void(), or_word))).parse_peek(*input).is_ok();
    if ends {
        return backtrack(input);
    }
    if opt('-').parse_next(input)?.is_none() {
        return operand(input);
    }
    let at = input.current_token_start();
    if peek(opt(alt((eof.void(), one_of(|c: char| c.is_whitespace() || c == '-' || c == ')').void()))))
        .parse_next(input)?
        .is_some()
    {
        return mistake(at, "Write a term right after the -.");
    }
    Ok(Node::Not(Box::new(operand(input)?)))
}

fn operand(input: &mut Input) -> Parsed<Node> {
    let at = input.current_token_start();
    input.state.is_starred = false;
    let node = match peek(any).parse_next(input)? {
        '(' => group(input)?,
        '"' => {
            let text = quoted(input)?;
            count(input, at, 1)?;
            Node::Term(Term::Words(words(text, true, at)?))
        }
        _ => Node::Term(word_or_field(input)?),
    };
    boundary(input)?;
    Ok(node)
}

fn group(input: &mut Input) -> Parsed<Node> {
    let at = input.current_token_start();
    '('.parse_next(input)?;
    let node = alternatives(input)?;
    space.parse_next(input)?;
    if opt(')').parse_next(input)?.is_none() {
        return mistake(at, "This ( is not closed.");
    }
    Ok(node)
}

fn word_or_field(input: &mut Input) -> Parsed<Term> {
    let at = input.current_token_start();
    let text: &str = take_while(0.., is_plain).parse_next(input)?;
    if text.is_empty() {
        return mistake(at, no_meaning(input));
    }
    if opt(':').parse_next(input)?.is_none() {
        star(input)?;
        count(input, at, 1)?;
        return words(text.to_owned(), false, at).map(Term::Words);
    }
    let Some(field) = Field::parse(text) else {
        let names: Vec<&str> = Field::ALL.iter().map(|f| f.as_str()).collect();
        let expected =
            format!("{text} is not a field; {} are. Put text with a : between quotation marks.", names.join(", "));
        return mistake(at, expected);
    };
    if peek(opt(alt((eof.void(), one_of(|c: char| c.is_whitespace() || c == ')').void())))).parse_next(input)?.is_some()
    {
        let expected = format!("Write a value after {}:, such as {}.", field.as_str(), field.example());
        return mistake(input.current_token_start(), expected);
    }
    let members: Vec<Raw> = separated(1.., member, ',').parse_next(input)?;
    count(input, at, members.len())?;
    value::test(field, members).map(|test| Term::Field(field, test))
}

/// One member of a field's list.
fn member(input: &mut Input) -> Parsed<Raw> {
    let at = input.current_token_start();
    let sign = opt(alt((">=", "<=", ">", "<"))).parse_next(input)?;
    let is_quoted = peek(opt('"')).parse_next(input)?.is_some();
    let text = if is_quoted {
        quoted(input)?
    } else {
        take_while(0.., |c: char| c == ':' || (c != ',' && is_plain(c))).parse_next(input)?.to_owned()
    };
    if text.is_empty() {
        return mistake(input.current_token_start(), no_meaning(input));
    }
    let star = star(input)?;
    Ok(Raw { at, sign: sign.unwrap_or_default().to_owned(), text, quoted: is_quoted, star })
}

/// The `*` after a word or a value, if there is one.
fn star(input: &mut Input) -> Parsed<bool> {
    let is_starred = opt('*').parse_next(input)?.is_some();
    input.state.is_starred = is_starred;
    Ok(is_starred)
}

/// Text between quotation marks; two of them inside are one.
fn quoted(input: &mut Input) -> Parsed<String> {
    let at = input.current_token_start();
    let part = alt((take_till(1.., '"'), "\"\"".value("\"")));
    let inside = repeat(0.., part).fold(String::new, |mut text: String, part: &str| {
        text.push_str(part);
        text
    });
    match opt(delimited('"', inside, '"')).parse_next(input)? {
        Some(text) if text.trim().is_empty() => mistake(at, "Write something between the quotation marks."),
        Some(text) => Ok(text),
        None => mistake(at, "This quotation mark is not closed."),
    }
}

pub(super) fn words(text: String, exact: bool, at: usize) -> Parsed<Words> {
    if words_of(&text).is_empty() {
        return mistake(at, "Write a word with a letter or a digit in it.");
    }
    Ok(Words { text, exact })
}

fn count(input: &mut Input, at: usize, more: usize) -> Parsed<()> {
    input.state.terms += more;
    if input.state.terms > MOST_TERMS {
        return mistake(at, format!("A filter has at most {MOST_TERMS} terms and values."));
    }
    Ok(())
}

/// A term ends at white space, at a closing parenthesis or with the filter.
fn boundary(input: &mut Input) -> Parsed<()> {
    let at = input.current_token_start();
    match peek(opt(any)).parse_next(input)? {
        None | Some(')') => Ok(()),
        Some(c) if c.is_whitespace() => Ok(()),
        Some('(' | '"' | ',') => mistake(at, "Write a space here."),
        Some('*') => mistake(at, STAR),
        Some(c) if is_plain(c) && !input.state.is_starred => mistake(at, "Write a space here."),
        Some(_) => mistake(at, no_meaning(input)),
    }
}

fn no_meaning(input: &Input) -> String {
    match input.peek_token() {
        Some(',' | ')') | None => "Write a value here.".to_owned(),
        Some(c) if c.is_whitespace() => "Write a value here.".to_owned(),
        Some(c) if is_plain(c) => STAR.to_owned(),
        Some(c) => format!("{c} has no meaning here; put text with it between quotation marks."),
    }
}

/// Characters that stand in words and values without quotation marks.
pub(super) fn is_plain(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"()\":*;`\\|{}[]<>=".contains(c)
}
