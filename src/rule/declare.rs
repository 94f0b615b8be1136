//! The macro that declares a rule.

/// Declares a `static` [`Rule`](crate::rule::Rule): its doc comment is the rule's text, the braces hold
/// metadata only. `scope` is `File`, `Resource(View)`, `Target`, `Repo` or `Change`; `default: false`
/// for a rule that needs a setting; `change` names a second check, for `--base`; `options` names a struct with `Default`, `Deserialize` and `JsonSchema`.
#[macro_export]
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])+
        pub static $name:ident {
            id: $id:literal,
            summary: $summary:literal,
            scope: $scope:ident $(($view:ident))?,
            codes: [$($code:literal => ($severity:ident, $confidence:ident, $category:ident)),+ $(,)?],
            since: $since:literal,
            $(fixable: $fixable:ident,)?
            $(default: $default:literal,)?
            $(options: $options:ty,)?
            check: $check:path
            $(, change: $change:path)?
            $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub static $name: $crate::rule::Rule = $crate::rule::Rule {
            id: $id,
            summary: $summary,
            docs: concat!($($doc, "\n"),+),
            codes: &[$($crate::rule::Code {
                name: $code,
                severity: $crate::finding::Severity::$severity,
                confidence: $crate::finding::Confidence::$confidence,
                category: $crate::finding::Category::$category,
            }),+],
            since: $since,
            fixable: $crate::declare_rule!(@fixable $($fixable)?),
            default: $crate::declare_rule!(@default $($default)?),
            options: $crate::declare_rule!(@options $($options)?),
            check: $crate::declare_rule!(@check $scope $(($view))?, $check),
            change: $crate::declare_rule!(@change $scope, $check $(, $change)?),
        };
    };
    (@change Change, $check:path) => { Some($check) };
    (@change $scope:ident, $check:path) => { None };
    (@change $scope:ident, $check:path, $change:path) => { Some($change) };
    (@check Change, $check:path) => { $crate::rule::Check::Nothing };
    (@fixable) => { $crate::rule::Fixable::No };
    (@fixable $fixable:ident) => { $crate::rule::Fixable::$fixable };
    (@default) => { true };
    (@default $default:literal) => { $default };
    (@options) => { None };
    (@options $options:ty) => {
        Some($crate::rule::OptionsShape {
            read: |map| {
                serde_json::from_value::<$options>(serde_json::Value::Object(map.clone()))
                    .map(|options| Box::new(options) as Box<dyn std::any::Any + Send + Sync>)
                    .map_err(|error| error.to_string())
            },
            schema: || schemars::schema_for!($options).to_value(),
        })
    };
    (@check Resource($view:ident), $check:path) => {
        $crate::rule::Check::Resource(|resource, context, sink| {
            if let Some(view) = <$view<'_> as $crate::graph::View<'_>>::of(resource) {
                $check(&view, context, sink);
            }
        })
    };
    (@check $scope:ident, $check:path) => { $crate::rule::Check::$scope($check) };
}
