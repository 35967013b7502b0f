using System.Reflection;
using System.Runtime.CompilerServices;

namespace SyncModule.Commands.Tests;

/// <summary>Every list of every output type is one that PowerShell indexes, whatever the code that made the object gave it.</summary>
public class ListedTests
{
    public static IEnumerable<object[]> Lists { get; } =
    [.. from type in typeof(SyncEvent).Assembly.GetExportedTypes()
        from property in type.GetProperties()
        where property.DeclaringType == type && IsList(property) && property.SetMethod is { IsStatic: false }
        select new object[] { type.Name, property.Name }];

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_becomes_an_array(string type, string property)
    {
        var owner = typeof(SyncEvent).Assembly.GetType($"SyncModule.{type}", throwOnError: true)!;
        var list = owner.GetProperty(property)!;
        object target = RuntimeHelpers.GetUninitializedObject(owner);
        var made = (Array)GetType().GetMethod(nameof(Make), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(list.PropertyType.GetGenericArguments()).Invoke(null, [target, list])!;
        Assert.Equal(2, made.Length);
    }

    private static bool IsList(PropertyInfo property) => property.PropertyType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>);

    private static object? Make<T>(object target, PropertyInfo list)
    {
        IReadOnlyList<T> given = [default!, default!];
        Assert.IsNotType<T[]>(given); // what the compiler makes of it
        list.SetValue(target, given);
        return list.GetValue(target);
    }
}
