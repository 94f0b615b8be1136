//! A schema that a kustomization names with `openapi.path`. Which lists merge, and by which keys, is then what it
//! says, of built-in kinds too: kustomize 5.5 reads its own no more, unless it merged something before.

use crate::yaml::Value;
use foldhash::HashMap;

/// What a schema says of lists.
#[derive(Debug, Default)]
pub struct Schema<'w> {
    /// Types by group, version and kind.
    kinds: HashMap<(&'w str, &'w str, &'w str), usize>,
    types: Vec<Type<'w>>,
    /// Whether the schema that kustomize carries counts for the kinds that this one does not have.
    pub(super) beside_carried: bool,
}

#[derive(Debug, Default)]
struct Type<'w> {
    fields: HashMap<&'w str, Field<'w>>,
    /// What every field is that is not named.
    others: Option<Field<'w>>,
}

/// What a field of a type is.
#[derive(Clone, Debug)]
enum Field<'w> {
    Unknown,
    Map(usize),
    List { keys: Vec<&'w str>, item: Option<usize> },
}

/// What a field of a type is, for a merge.
pub(super) enum Form<'s> {
    Unknown,
    Map(usize),
    /// A list that merges; without keys a set.
    List {
        keys: &'s [&'s str],
        item: Option<usize>,
    },
}

/// Schemas nest no deeper than this, those that name each other aside.
const DEPTH: usize = 64;

impl<'w> Schema<'w> {
    /// Reads an OpenAPI document, version 2: its `definitions`. `beside_carried` says whether the schema that kustomize
    /// carries counts for the kinds that this one does not have.
    pub fn read(document: Value<'w>, beside_carried: bool) -> Schema<'w> {
        let mut schema = Schema { beside_carried, ..Schema::default() };
        let Some(definitions) = document.get("definitions") else { return schema };
        let names: HashMap<&'w str, usize> =
            definitions.entries().enumerate().map(|(at, (name, _))| (name, at)).collect();
        schema.types.resize_with(names.len(), Type::default);
        for (at, (_, definition)) in definitions.entries().enumerate() {
            let read = schema.type_of(definition, &names, 0);
            schema.types[at] = read;
            let known = definition.get("x-kubernetes-group-version-kind");
            for kind in known.into_iter().flat_map(Value::items) {
                let text = |key| kind.get(key).and_then(Value::raw);
                if let (Some(version), Some(name)) = (text("version"), text("kind")) {
                    schema.kinds.insert((text("group").unwrap_or_default(), version, name), at);
                }
            }
        }
        schema
    }

    fn type_of(&mut self, schema: Value<'w>, names: &HashMap<&'w str, usize>, depth: usize) -> Type<'w> {
        let properties = schema.get("properties");
        let fields = properties.into_iter().flat_map(Value::entries).collect::<Vec<_>>();
        let fields = fields.into_iter().map(|(name, field)| (name, self.field_of(field, names, depth))).collect();
        let others = schema.get("additionalProperties").filter(|others| others.is_mapping());
        Type { fields, others: others.map(|others| self.field_of(others, names, depth)) }
    }

    fn field_of(&mut self, field: Value<'w>, names: &HashMap<&'w str, usize>, depth: usize) -> Field<'w> {
        let strategy = field.get("x-kubernetes-patch-strategy").and_then(Value::raw).unwrap_or_default();
        let merges = strategy.split(',').any(|word| word == "merge");
        match field.get("items") {
            Some(_) if !merges => Field::Unknown,
            Some(items) => {
                let all = field.get("x-kubernetes-list-map-keys").filter(|keys| keys.is_sequence());
                let keys = match all {
                    Some(keys) => keys.items().filter_map(Value::raw).collect(),
                    None => field.get("x-kubernetes-patch-merge-key").and_then(Value::raw).into_iter().collect(),
                };
                // What an item is, is looked at only where the list says that it is one.
                let typed = field.get("type").and_then(Value::as_str) == Some("array");
                let item = typed.then(|| self.place_of(items, names, depth)).flatten();
                Field::List { keys, item }
            }
            None => self.place_of(field, names, depth).map_or(Field::Unknown, Field::Map),
        }
    }

    /// The type that a schema names or is.
    fn place_of(&mut self, schema: Value<'w>, names: &HashMap<&'w str, usize>, depth: usize) -> Option<usize> {
        if let Some(name) = schema.get("$ref").and_then(Value::raw) {
            return names.get(name.strip_prefix("#/definitions/")?).copied();
        }
        let holds = schema.get("properties").is_some() || schema.get("additionalProperties").is_some();
        if !holds || depth > DEPTH {
            return None;
        }
        let read = self.type_of(schema, names, depth + 1);
        self.types.push(read);
        Some(self.types.len() - 1)
    }

    /// The type of the objects of a kind.
    pub(super) fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<usize> {
        self.kinds.get(&(group, version, kind)).copied()
    }

    /// What the field `key` of a type is.
    pub(super) fn field(&self, at: usize, key: &str) -> Form<'_> {
        let known = &self.types[at];
        match known.fields.get(key).or(known.others.as_ref()) {
            None | Some(Field::Unknown) => Form::Unknown,
            Some(Field::Map(at)) => Form::Map(*at),
            Some(Field::List { keys, item }) => Form::List { keys, item: *item },
        }
    }
}
