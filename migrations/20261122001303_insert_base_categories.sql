-- A new board has categories to post into; an administrator may change them.
insert into categories (name, slug, description) values
    ('Engineering', 'engineering', 'Software, data, infrastructure and the other engineering professions'),
    ('Design', 'design', 'User experience, graphics, products and brands'),
    ('Product', 'product', 'Product and project management'),
    ('Marketing', 'marketing', 'Campaigns, content, brands and growth'),
    ('Sales', 'sales', 'Selling and looking after accounts'),
    ('Customer Support', 'customer-support', 'Help and success of customers'),
    ('Finance', 'finance', 'Accounting, controlling, banking and insurance'),
    ('Human Resources', 'human-resources', 'Recruiting and care for employees'),
    ('Legal', 'legal', 'Law, compliance and public policy'),
    ('Operations', 'operations', 'Logistics, purchasing and administration'),
    ('Healthcare', 'healthcare', 'Medicine, nursing and care'),
    ('Education', 'education', 'Teaching, training and research'),
    ('Hospitality', 'hospitality', 'Hotels, restaurants, travel and events'),
    ('Construction', 'construction', 'Building, crafts and maintenance'),
    ('Manufacturing', 'manufacturing', 'Production, machines and quality'),
    ('Public Service', 'public-service', 'Administration, safety and social work'),
    ('Other', 'other', 'Whatever fits nowhere else');

insert into categories (name, slug, description, parent_id)
    select child.name, child.slug, child.description, parent.id
    from (values
        ('engineering', 'Software Development', 'software-development', 'Backend, frontend, mobile and embedded software'),
        ('engineering', 'Data Science', 'data-science', 'Analytics, machine learning and data engineering'),
        ('engineering', 'DevOps', 'devops', 'Infrastructure, reliability and cloud'),
        ('engineering', 'Quality Assurance', 'quality-assurance', 'Testing of software and products'),
        ('engineering', 'Information Security', 'information-security', 'Protection of systems and data'),
        ('design', 'UX Design', 'ux-design', 'Research and design of user interfaces'),
        ('design', 'Graphic Design', 'graphic-design', 'Illustration, layout and brands'),
        ('marketing', 'Content Writing', 'content-writing', 'Texts, editing and translation')
    ) as child (parent, name, slug, description)
    join categories parent on parent.slug = child.parent;
