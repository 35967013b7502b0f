using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using SyncModule.Core.Encoding;

namespace SyncModule.Core.Tests;

/// <summary>What the two lowest assemblies may depend on, read from the built files.</summary>
public class ArchitectureTests
{
    [Fact]
    public void Core_references_the_base_library_and_SyncModule_alone()
    {
        var references = ReferencesOf("SyncModule.Core.dll");
        Assert.Contains("System.Runtime", references);
        Assert.Equal([], references.Where(name => !IsBaseLibrary(name) && !string.Equals(name, "SyncModule", StringComparison.Ordinal)));
    }

    [Fact]
    public void SyncModule_references_the_base_library_alone()
    {
        var references = ReferencesOf("SyncModule.dll");
        Assert.Contains("System.Runtime", references);
        Assert.Equal([], references.Where(name => !IsBaseLibrary(name)));
    }

    // Static state would couple simulated devices that share a process, and make runs depend on their order.
    [Fact]
    public void No_type_of_Core_has_a_mutable_static_field() =>
        Assert.Equal([], typeof(CborReader).Assembly.GetTypes().SelectMany(MutableStatics));

    [Fact]
    public void The_check_for_mutable_static_fields_finds_them()
    {
        Assert.Equal(["Offender.<Property>k__BackingField", "Offender.Field"], MutableStatics(typeof(Offender)).Order(StringComparer.Ordinal));
        Assert.Empty(typeof(Harmless).GetNestedTypes(BindingFlags.NonPublic).Append(typeof(Harmless)).SelectMany(MutableStatics));
    }

    // Types that the compiler made (caches of lambdas, blobs) have names with '<'; the field behind a property stands in a written type and counts.
    private static IEnumerable<string> MutableStatics(Type type) => type.Name.Contains('<', StringComparison.Ordinal) ? [] :
        type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(field => !field.IsInitOnly && !field.IsLiteral)
            .Select(field => type.Name + "." + field.Name);

    private static List<string> ReferencesOf(string file)
    {
        using var stream = File.OpenRead(Path.Combine(AppContext.BaseDirectory, file));
        using var image = new PEReader(stream);
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    // "System." is not enough: packages such as System.CommandLine have that name, too.
    private static bool IsBaseLibrary(string name) =>
        name.StartsWith("System.", StringComparison.Ordinal) && File.Exists(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name + ".dll"));

    private static class Offender
    {
        public static int Field = Environment.ProcessId;

        public static int Property { get; set; } = Field;
    }

    private static class Harmless
    {
        public const int Constant = 1;
        public static readonly int Fixed = Environment.ProcessId;

        public static int Property { get; } = Fixed;

        public static Func<int, int> Cached() => x => x + 1;
    }
}
