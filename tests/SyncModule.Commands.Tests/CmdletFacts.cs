using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace SyncModule.Commands.Tests;

/// <summary>A parameter in one set; <see cref="Position"/> null = named.</summary>
public sealed record UseFacts(string Set, int? Position, bool IsRequired, bool ByValue, bool ByPropertyName);

/// <summary>A parameter as PowerShell sees it.</summary>
public sealed record ParameterFacts(string Name, Type Type, IReadOnlyList<UseFacts> Uses, IReadOnlyList<string> Aliases, bool Wildcards, string Default, Type? Completer)
{
    public const string AllSets = "__AllParameterSets";
}

/// <summary>
/// A cmdlet as its attributes describe it. They are read as data: the assembly that compiles against PowerShell has attributes that
/// keep nothing.
/// </summary>
public sealed record CmdletFacts(Type Type, string Name, string DefaultSet, bool ShouldProcess, IReadOnlyList<ParameterFacts> Parameters, IReadOnlyList<Type> Outputs)
{
    public static Assembly Assembly => typeof(SyncCmdlet).Assembly;

    /// <summary>All cmdlets of the assembly: the module's and those that SecretManagement calls.</summary>
    public static IReadOnlyList<CmdletFacts> All { get; } =
        [.. Assembly.GetTypes().Where(t => t.GetCustomAttributesData().Any(a => a.AttributeType.Name == nameof(CmdletAttribute))).Select(Of).OrderBy(c => c.Name, StringComparer.Ordinal)];

    /// <summary>Those that a person types.</summary>
    public static IReadOnlyList<CmdletFacts> OfModule { get; } = [.. All.Where(c => !c.IsForSecretManagement)];

    public bool IsForSecretManagement => typeof(Secrets.SecretCmdlet).IsAssignableFrom(Type);

    public IReadOnlyList<string> Sets
    {
        get
        {
            var named = Parameters.SelectMany(p => p.Uses).Select(u => u.Set).Where(s => s != ParameterFacts.AllSets).Distinct(StringComparer.Ordinal).ToList();
            return named.Count == 0 ? [ParameterFacts.AllSets] : [.. named.OrderBy(s => s != DefaultSet)];
        }
    }

    private static CmdletFacts Of(Type type)
    {
        var cmdlet = type.GetCustomAttributesData().Single(a => a.AttributeType.Name == nameof(CmdletAttribute));
        bool shouldProcess = Named(cmdlet, "SupportsShouldProcess") is true;
        using var instance = (SyncCmdlet)Activator.CreateInstance(type)!;
        // Of the class itself first, then of those below it: as a person thinks of them.
        var properties = Hierarchy(type).SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly));
        // One that a class declares anew is the class's.
        var parameters = properties.Where(p => p.GetCustomAttributesData().Any(IsParameter)).DistinctBy(p => p.Name).Select(p => ParameterOf(p, instance)).ToList();
        if (shouldProcess) parameters.AddRange([Common("WhatIf"), Common("Confirm")]);
        var outputs = type.GetCustomAttributesData().Where(a => a.AttributeType.Name == nameof(OutputTypeAttribute))
            .SelectMany(a => a.ConstructorArguments[0].Value is IReadOnlyCollection<CustomAttributeTypedArgument> several ? several.Select(v => v.Value as Type) : [a.ConstructorArguments[0].Value as Type]).OfType<Type>();
        return new(type, $"{cmdlet.ConstructorArguments[0].Value}-{cmdlet.ConstructorArguments[1].Value}", Named(cmdlet, "DefaultParameterSetName") as string ?? ParameterFacts.AllSets, shouldProcess, parameters, [.. outputs.Distinct()]);
    }

    private static ParameterFacts ParameterOf(PropertyInfo property, SyncCmdlet instance)
    {
        var attributes = property.GetCustomAttributesData();
        var uses = attributes.Where(IsParameter).Select(a => new UseFacts(Named(a, "ParameterSetName") as string ?? ParameterFacts.AllSets, Named(a, "Position") as int?, Named(a, "Mandatory") is true, Named(a, "ValueFromPipeline") is true, Named(a, "ValueFromPipelineByPropertyName") is true));
        var aliases = attributes.Where(a => a.AttributeType.Name == nameof(AliasAttribute)).SelectMany(a => (IReadOnlyCollection<CustomAttributeTypedArgument>)a.ConstructorArguments[0].Value!).Select(v => (string)v.Value!);
        var completer = attributes.Where(a => a.AttributeType.Name == nameof(ArgumentCompleterAttribute)).Select(a => a.ConstructorArguments[0].Value as Type).FirstOrDefault();
        return new(property.Name, property.PropertyType, [.. uses], [.. aliases], attributes.Any(a => a.AttributeType.Name == nameof(SupportsWildcardsAttribute)), DefaultOf(property, instance), completer);
    }

    private static ParameterFacts Common(string name) => new(name, typeof(SwitchParameter), [new(ParameterFacts.AllSets, null, false, false, false)], [name == "WhatIf" ? "wi" : "cf"], false, "", null);

    private static string DefaultOf(PropertyInfo property, SyncCmdlet instance)
    {
        // A mandatory one's value is only there to please the compiler; this machine's name is no default to print.
        if (property.GetCustomAttributesData().Where(IsParameter).Any(a => Named(a, "Mandatory") is true)) return "";
        return property.GetValue(instance) switch
        {
            null or SwitchParameter => "",
            string text when text == Environment.MachineName => "the name of this machine",
            string text => text,
            IEnumerable several => string.Join(", ", several.Cast<object>().Select(v => v.ToString())),
            var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }

    private static IEnumerable<Type> Hierarchy(Type type)
    {
        for (var t = type; t is not null && t.Assembly == type.Assembly; t = t.BaseType!) yield return t;
    }

    private static bool IsParameter(CustomAttributeData attribute) => attribute.AttributeType.Name == nameof(ParameterAttribute);

    private static object? Named(CustomAttributeData attribute, string name) => attribute.NamedArguments.Where(a => a.MemberName == name).Select(a => a.TypedValue.Value).FirstOrDefault();
}
